// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "admin/restore.h"
#include "admin/test_instance.h"
#include "identity/keys.h"
#include "identity/restored_keys.h"

namespace tg::admin {
namespace {

namespace fs = std::filesystem;

class BackupTest : public TestInstance {
 protected:
  BackupTest() {
    make_owner();
    key_ = KeyId{run("create_key", {{"name", "kept"}}).value()["id"].get<std::string>()};
  }

  // A new machine's folder, with the key files alone.
  fs::path new_place() {
    const auto place = place_.path() / "restored";
    fs::create_directory(place);
    for (const auto* name : {"pepper", "master.key"}) {
      fs::copy_file(folder_->path() / name, place / name);
    }
    return place;
  }
  fs::path back_up() {
    const auto path = place_.path() / "backup";
    EXPECT_TRUE(run("backup", {{"path", path.string()}}));
    return path;
  }
  // What `tollgate audit export` prints at this moment.
  std::vector<std::string> export_audit() {
    std::vector<std::string> lines;
    const auto chains = run("list_audit_chains").value();
    for (const auto& head : chains["data"]) {
      const auto page = run("export_audit_log", {{"chain", head["chain"]}}).value();
      for (const auto& line : page["data"]) lines.push_back(line.dump());
      lines.push_back(head.dump());
    }
    return lines;
  }
  fs::path write_lines(const std::vector<std::string>& lines) {
    const auto file = place_.path() / "audit.jsonl";
    std::ofstream out{file};
    for (const auto& line : lines) out << line << "\n";
    return file;
  }
  identity::KeyInfo restored_key(const fs::path& place) {
    const auto database = store::Database::open({.data_folder = place}).value();
    return identity::find_key(*database, key_).value();
  }

  KeyId key_;
};

// Where the database is in the folder: PostgreSQL's is pg_dump's to copy.
class FolderBackupTest : public BackupTest {
 protected:
  void SetUp() override {
    if (!database_->is_in_folder()) GTEST_SKIP() << "of SQLite alone";
  }
};

TEST_F(BackupTest, DatabaseElsewhereIsNotCopied) {
  if (database_->is_in_folder()) GTEST_SKIP() << "of PostgreSQL alone";
  const auto path = place_.path() / "backup";
  EXPECT_EQ(run("backup", {{"path", path.string()}}).error().code, Code::kConfiguration);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(FolderBackupTest, RestoredKeyIsOnHoldWithoutTheAuditLog) {
  const auto place = new_place();
  const auto told = restore({.backup = back_up(), .folder = place});
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ((*told)["keys_on_hold"], 1);
  EXPECT_EQ(restored_key(place).pause_reason, identity::kRestoreHold);
  EXPECT_FALSE(fs::exists(place / "restoring"));
}

TEST_F(FolderBackupTest, AuditLogTellsWhatWasRevokedSince) {
  const auto place = new_place();
  const auto backup = back_up();
  ASSERT_TRUE(run("revoke_key", {{"id", key_.text()}}));
  const auto audit = write_lines(export_audit());
  const auto told = restore({.backup = backup, .folder = place, .audit_file = audit});
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ((*told)["keys_revoked"], 1);
  EXPECT_TRUE(restored_key(place).revoked_at);
}

TEST_F(FolderBackupTest, AuditLogThatWasAlteredIsNotBelieved) {
  const auto place = new_place();
  const auto backup = back_up();
  const auto early = export_audit();
  ASSERT_TRUE(run("revoke_key", {{"id", key_.text()}}));
  const auto whole = export_audit();
  const auto restore_with = [&](const std::vector<std::string>& lines) {
    return restore({.backup = backup, .folder = place, .audit_file = write_lines(lines)});
  };
  // Its end is cut off: the head counts more. Then one that somebody made to fit.
  auto cut = whole;
  cut.erase(std::ranges::find_if(
      cut, [](const std::string& line) { return line.contains("api_key.deleted"); }));
  EXPECT_EQ(restore_with(cut).error().code, Code::kCorrupt);
  auto unsealed = early;
  for (auto& line : unsealed) {
    auto json = Json::parse(line);
    if (json.contains("seal")) json["seal"] = std::string(64, '0');
    line = json.dump();
  }
  EXPECT_EQ(restore_with(unsealed).error().code, Code::kCorrupt);
  auto one_chain = whole;
  std::erase_if(one_chain,
                [](const std::string& line) { return Json::parse(line)["chain"] == "instance"; });
  EXPECT_EQ(restore_with(one_chain).error().code, Code::kConflict);
  EXPECT_EQ(restore_with({}).error().code, Code::kCorrupt);
  EXPECT_FALSE(fs::exists(place / "tollgate.db"));
}

TEST_F(FolderBackupTest, RestoreWithoutKeyFilesMakesNone) {
  const auto place = place_.path() / "bare";
  fs::create_directory(place);
  EXPECT_EQ(restore({.backup = back_up(), .folder = place}).error().code, Code::kConfiguration);
  EXPECT_TRUE(fs::is_empty(place));
}

TEST_F(FolderBackupTest, FailedBackupLeavesNothing) {
  const auto path = place_.path() / "backup";
  fs::create_directory(place_.path() / "backup.unfinished");  // somebody else's
  EXPECT_FALSE(run("backup", {{"path", path.string()}}));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_TRUE(fs::exists(place_.path() / "backup.unfinished"));
  EXPECT_EQ(run("backup", {{"path", "relative"}}).error().param, "path");
}

TEST_F(BackupTest, ConfirmedKeysAreToldToTheLiveState) {
  ASSERT_TRUE(identity::hold_all_keys(*database_));
  live_.changed.clear();
  EXPECT_EQ(run("confirm_restored_keys").value()["keys"], 1);
  EXPECT_EQ(live_.changed, std::vector{key_});
}

TEST_F(BackupTest, VerifyFindsNothingWrong) {
  const auto verified = run("verify").value();
  for (const auto& check : verified["checks"]) EXPECT_TRUE(check["ok"].get<bool>()) << check;
  EXPECT_TRUE(verified["ok"].get<bool>());
}

TEST_F(BackupTest, WhatBelongsToTheMachineIsNotDoneFromAfar) {
  auto afar = command_line_caller();
  afar.has_folder = false;
  for (const auto* operation :
       {"backup", "confirm_restored_keys", "create_setup_link", "init_owner", "doctor"}) {
    EXPECT_EQ(operations_->run(operation, Json::object(), afar).error().code, Code::kForbidden)
        << operation;
    EXPECT_FALSE(Operations::permission_of(operation)) << operation;
  }
}

TEST_F(BackupTest, OperationsAskFromAfarForWhatTheirRoutesAskFor) {
  using enum Resource;
  using enum Access;
  const std::pair<const char*, Permission> expected[] = {
      {"list_keys", {kOwnKeys, kRead}},
      {"create_key", {kOwnKeys, kWrite}},
      {"list_users", {kUsers, kRead}},
      {"remove_user", {kUsers, kWrite}},
      {"list_projects", {kProjects, kRead}},
      {"create_project", {kProjects, kWrite}},
      {"rename_project", {kProjects, kWrite}},
      {"archive_project", {kProjects, kWrite}},
      {"add_provider", {kInstance, kWrite}},
      {"list_providers", {kInstance, kRead}},
      {"list_service_accounts", {kServiceAccounts, kRead}},
      {"create_service_account", {kServiceAccounts, kWrite}},
      {"delete_service_account", {kServiceAccounts, kWrite}},
      {"list_workload_providers", {kWorkloadIdentity, kRead}},
      {"add_workload_provider", {kWorkloadIdentity, kWrite}},
      {"change_workload_provider", {kWorkloadIdentity, kWrite}},
      {"remove_workload_provider", {kWorkloadIdentity, kWrite}},
      {"list_federation_rules", {kWorkloadIdentity, kRead}},
      {"add_federation_rule", {kWorkloadIdentity, kWrite}},
      {"change_federation_rule", {kWorkloadIdentity, kWrite}},
      {"remove_federation_rule", {kWorkloadIdentity, kWrite}},
  };
  for (const auto& [operation, permission] : expected) {
    EXPECT_EQ(Operations::permission_of(operation), permission) << operation;
  }
  EXPECT_FALSE(Operations::permission_of("verify"));  // the operator's
  EXPECT_FALSE(Operations::permission_of(""));
}

}  // namespace
}  // namespace tg::admin
