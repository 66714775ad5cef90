// SPDX-License-Identifier: Apache-2.0
#include "store/data_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "store/database.h"
#include "store/test_folder.h"

namespace tg::store {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

class DataFolderTest : public testing::Test {
 protected:
  // A folder that has been in use.
  void make_used() {
    ASSERT_TRUE(DataFolder::open(path_, DataFolder::Mode::kCreate));
    ASSERT_TRUE(Database::open({.data_folder = path_}));
  }

  TestFolder parent_;
  const std::filesystem::path path_ = parent_.path() / "with a space" / "data";
};

TEST_F(DataFolderTest, NewOneIsPrivateAndHasItsKeys) {
  const auto folder = DataFolder::open(path_, DataFolder::Mode::kCreate);
  ASSERT_TRUE(folder) << folder.error().detail;
  EXPECT_EQ(folder->master_key().size(), kKeyFileBytes);
  EXPECT_EQ(folder->pepper().size(), kKeyFileBytes);
  EXPECT_NE(folder->master_key().reveal(), folder->pepper().reveal());
  EXPECT_EQ(mode_of(path_), 0700U);
  EXPECT_EQ(mode_of(path_ / "master.key"), 0600U);
  EXPECT_EQ(mode_of(path_ / "pepper"), 0600U);
  EXPECT_EQ(mode_of(folder->journal_folder()), 0700U);
}

TEST_F(DataFolderTest, KeysAreTheSameNextTime) {
  make_used();
  std::string first;
  first = DataFolder::open(path_, DataFolder::Mode::kExisting)->pepper().reveal();
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kCreate)->pepper().reveal(), first);
}

TEST_F(DataFolderTest, SecondProcessIsToldThatItIsOpenAlready) {
  make_used();
  const auto folder = DataFolder::open(path_, DataFolder::Mode::kExisting);
  ASSERT_TRUE(folder);
  // A lock belongs to its open file, so a second open() shows what a second process would see.
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kExisting).error().code, Code::kConflict);
}

TEST_F(DataFolderTest, IsNotCreatedWhereOneWasExpected) {
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kExisting).error().code, Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(DataFolderTest, LostKeyFileIsNamedAndNeverMadeAnew) {
  for (const std::string& lost : {"master.key", "pepper"}) {
    make_used();
    std::filesystem::rename(path_ / lost, parent_.path() / lost);
    for (const auto mode : {DataFolder::Mode::kCreate, DataFolder::Mode::kExisting}) {
      const auto folder = DataFolder::open(path_, mode);
      ASSERT_FALSE(folder);
      EXPECT_EQ(folder.error().code, Code::kConfiguration);
      EXPECT_TRUE(std::string{folder.error().detail}.starts_with(lost + " is missing"));
      EXPECT_FALSE(std::filesystem::exists(path_ / lost));
    }
    std::filesystem::rename(parent_.path() / lost, path_ / lost);
  }
}

TEST_F(DataFolderTest, CutKeyFileIsRefused) {
  make_used();
  std::filesystem::resize_file(path_ / "pepper", 31);
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kExisting).error().code,
            Code::kConfiguration);
}

TEST_F(DataFolderTest, FolderThatOthersCouldReadIsClosedToThem) {
  std::filesystem::create_directories(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0755), 0);
  ASSERT_TRUE(DataFolder::open(path_, DataFolder::Mode::kCreate));
  EXPECT_EQ(mode_of(path_), 0700U);
}

TEST_F(DataFolderTest, FileInItsPlaceIsRefused) {
  std::filesystem::create_directories(path_.parent_path());
  std::ofstream{path_} << "not a folder";
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kCreate).error().code, Code::kConfiguration);
}

TEST_F(DataFolderTest, OfADatabaseElsewhereNeedsBothKeysOrNone) {
  constexpr auto kElsewhere = DataFolder::DatabaseIs::kElsewhere;
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kExisting, kElsewhere).error().code,
            Code::kNotFound);
  std::string fingerprint;
  {
    const auto made = DataFolder::open(path_, DataFolder::Mode::kCreate, kElsewhere);
    ASSERT_TRUE(made);
    fingerprint = made->key_fingerprint();
  }
  {
    const auto again = DataFolder::open(path_, DataFolder::Mode::kExisting, kElsewhere);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->key_fingerprint(), fingerprint);
  }
  std::filesystem::remove(path_ / "pepper");
  EXPECT_EQ(DataFolder::open(path_, DataFolder::Mode::kCreate, kElsewhere).error().code,
            Code::kConfiguration);
  EXPECT_FALSE(std::filesystem::exists(path_ / "pepper"));
  std::filesystem::remove(path_ / "master.key");
  const auto fresh = DataFolder::open(path_, DataFolder::Mode::kCreate, kElsewhere);
  ASSERT_TRUE(fresh);
  EXPECT_NE(fresh->key_fingerprint(), fingerprint);
}

}  // namespace
}  // namespace tg::store
