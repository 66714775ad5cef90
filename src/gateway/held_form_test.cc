// SPDX-License-Identifier: Apache-2.0
#include "gateway/held_form.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "http/multipart.h"

namespace tg::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMemory = 100'000;

class HeldFormTest : public testing::Test {
 public:
  HeldFormTest() {
    std::string name = (fs::temp_directory_path() / "tollgate-spill-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    area_ = *SpillArea::open(folder_ / "spill", 1 << 20);
  }
  ~HeldFormTest() override { fs::remove_all(folder_); }

  static std::string part(std::string_view name, std::string_view body,
                          std::string_view more = {}) {
    std::string text = "--b0\r\nContent-Disposition: form-data; name=\"";
    return text.append(name).append("\"").append(more).append("\r\n\r\n").append(body) + "\r\n";
  }

  // A form whose file is larger than memory, and whose model comes behind it.
  static std::string large_form(std::string_view file) {
    return part("language", "en") + part("file", file, "; filename=\"a.wav\"") +
           part("model", "whisper-1") + "--b0--\r\n";
  }

  static Result<void> feed(HeldForm& form, std::string_view bytes) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 7'000))) {
      TG_TRY_DONE(form.append(bytes.substr(0, 7'000)));
    }
    return form.finish();
  }

  // What an exchange would send.
  static std::string drain(BodySource& source) {
    std::string sent;
    net::start([](BodySource* from, std::string* into) -> net::Task<void> {
      for (;;) {
        auto piece = co_await from->next();
        if (!piece || piece->empty()) break;
        into->append(*piece);
      }
    }(&source, &sent));
    return sent;
  }

  fs::path folder_;
  std::unique_ptr<SpillArea> area_;
};

std::string sound(std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += "sound " + std::to_string(text.size()) + ";";
  return text;
}

TEST_F(HeldFormTest, FormIsSentAsOftenAsWantedWithItsModelRewritten) {
  for (const std::size_t bytes : {10UL, 99'700UL, 131'072UL, 500'000UL}) {
    const auto file = sound(bytes);
    const auto text = large_form(file);
    HeldForm form{area_.get(), kMemory, "b0"};
    ASSERT_TRUE(feed(form, text));
    EXPECT_EQ(form.body().in_memory(), text.size() <= kMemory);
    ASSERT_EQ(form.files().size(), 1U);
    EXPECT_EQ(form.body().copy(form.files()[0].offset, form.files()[0].size), file);
    ASSERT_EQ(form.fields().size(), 2U);
    EXPECT_EQ(form.fields()[1].value, "whisper-1");

    const auto expected = http::rewrite_field(text, "b0", "model", "another-model");
    HeldSource source{form.body(), *form.edit_field("model", "another-model")};
    for (int time = 0; time < 2; ++time) {
      EXPECT_EQ(source.size(), expected->size());
      EXPECT_TRUE(drain(source) == *expected);
      EXPECT_TRUE(source.rewind());
    }
  }
  EXPECT_EQ(area_->bytes(), 0U);
}

TEST_F(HeldFormTest, MissingModelBecomesTheFirstPart) {
  const auto text = part("file", "x", "; filename=\"a\"") + "--b0--";
  HeldForm form{area_.get(), kMemory, "b0"};
  ASSERT_TRUE(feed(form, text));
  HeldSource source{form.body(), *form.edit_field("model", "m")};
  EXPECT_EQ(drain(source), *http::rewrite_field(text, "b0", "model", "m"));
}

TEST_F(HeldFormTest, ModelThatStandsThereTwiceOrIsAFileIsRefused) {
  HeldForm twice{area_.get(), kMemory, "b0"};
  ASSERT_TRUE(feed(twice, part("model", "a") + part("model", "b") + "--b0--"));
  EXPECT_FALSE(twice.edit_field("model", "m"));
  HeldForm file{area_.get(), kMemory, "b0"};
  ASSERT_TRUE(feed(file, part("model", "a", "; filename=\"f\"") + "--b0--"));
  EXPECT_FALSE(file.edit_field("model", "m"));
  EXPECT_FALSE(twice.edit_field("language", "--b0--"));
}

TEST_F(HeldFormTest, LongTextFieldsAreRefused) {
  HeldForm form{area_.get(), kMemory, "b0"};
  EXPECT_EQ(feed(form, part("prompt", std::string((1 << 20) + 1, 'x')) + "--b0--").error().code,
            Code::kBodyMalformed);
}

TEST_F(HeldFormTest, SpilledBytesCannotBeReadFromOutside) {
  HeldForm form{area_.get(), kMemory, "b0"};
  ASSERT_TRUE(feed(form, large_form(sound(500'000))));
  EXPECT_TRUE(fs::is_empty(folder_ / "spill"));
  int files = 0;
  for (const auto& open : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    const auto target = fs::read_symlink(open.path(), gone).string();
    if (!target.contains(folder_.string()) || !target.contains("deleted")) continue;
    ++files;
    std::ifstream file{open.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_GE(bytes.size(), 400'000U);
    EXPECT_FALSE(bytes.contains("sound ") || bytes.contains("whisper"));
  }
  EXPECT_EQ(files, 1);
}

TEST_F(HeldFormTest, WhatSomebodyWroteIntoASpillFileIsNotSent) {
  HeldForm form{area_.get(), kMemory, "b0"};
  ASSERT_TRUE(feed(form, large_form(sound(500'000))));
  for (const auto& open : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    const auto target = fs::read_symlink(open.path(), gone).string();
    if (!target.contains(folder_.string()) || !target.contains("deleted")) continue;
    const FileDescriptor file{::open(open.path().c_str(), O_WRONLY)};
    ASSERT_EQ(::pwrite(file.get(), "x", 1, 100), 1);
  }
  EXPECT_EQ(form.body().view(0).error().code, Code::kCorrupt);
  EXPECT_TRUE(form.body().view(SpillFile::kPieceBytes));
}

TEST_F(HeldFormTest, AllSpillFilesTogetherAreBounded) {
  HeldForm first{area_.get(), kMemory, "b0"};
  ASSERT_TRUE(feed(first, large_form(sound(600'000))));
  HeldForm second{area_.get(), kMemory, "b0"};
  EXPECT_EQ(feed(second, large_form(sound(600'000))).error().code, Code::kOverloaded);
  HeldForm none{nullptr, kMemory, "b0"};
  EXPECT_EQ(feed(none, large_form(sound(600'000))).error().code, Code::kOverloaded);
}

TEST_F(HeldFormTest, WhatAnEarlierProcessLeftIsRemoved) {
  std::ofstream{folder_ / "spill" / "spill-left"} << "left";
  area_ = *SpillArea::open(folder_ / "spill", 1 << 20);
  EXPECT_TRUE(fs::is_empty(folder_ / "spill"));
}

}  // namespace
}  // namespace tg::gateway
