// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/operations.h"
#include "store/test_folder.h"

// A whole instance in a folder of its own, with its owner. For tests only.
namespace tg::admin {

inline constexpr auto kTestEmail = "ada@example.org";
inline constexpr auto kTestPassword = "vivid otter marble 7419";

// Remembers what it was told. Every limit that it knows has 700 spent and 40 held.
class RecordingLiveState final : public LiveState {
 public:
  void on_key_changed(const keys::KeyRecord& record) override {
    changed.push_back(record.id);
    alive[record.secrets.front().digest] = record;
  }
  void on_key_revoked(const KeyId& id) override {
    revoked.push_back(id);
    std::erase_if(alive, [&](const auto& known) { return known.second.id == id; });
  }
  [[nodiscard]] Result<LiveKey> use_key(const keys::Digest& digest, std::string_view /*address*/,
                                        std::string_view /*client*/) override {
    const auto found = alive.find(digest);
    if (found == alive.end()) return fail(Code::kKeyInvalid);
    const auto& record = found->second;
    if (record.paused) return fail(Code::kKeyPaused);
    return LiveKey{.id = record.id,
                   .kind = record.kind,
                   .organization_id = record.organization_id,
                   .project_id = record.project_id,
                   .owner_id = record.owner_id,
                   .parent_id = record.parent_id};
  }
  void on_models_changed(const identity::ProjectModels& of) override {
    models[of.project_id.text()] = of.rules;
  }
  [[nodiscard]] Result<void> on_limit_set(const identity::LimitChange& change) override {
    limits.push_back(fmt::format("{} {} {} {}", change.added ? "added" : "changed",
                                 identity::name(change.record.scope), change.record.target_id,
                                 change.record.rule.amount));
    known[change.record.rule.id] = change.record.rule.amount;
    if (is_database_away) return fail(Code::kDatabase);
    return {};
  }
  void on_limit_removed(const identity::LimitRecord& record) override {
    limits.push_back(fmt::format("removed {} {}", identity::name(record.scope), record.target_id));
    known.erase(record.rule.id);
  }
  [[nodiscard]] Result<void> on_credit_changed(const ledger::CreditChange& /*change*/,
                                               const std::function<Result<void>()>& act) override {
    return act();
  }
  [[nodiscard]] std::optional<limits::Reading> read_credit(
      const ledger::CreditOwner& /*owner*/) const override {
    return std::nullopt;
  }
  void on_routes_changed() override { ++route_changes; }
  [[nodiscard]] std::optional<limits::Reading> read_limit(
      const identity::LimitRecord& record) const override {
    const auto found = known.find(record.rule.id);
    if (found == known.end()) return std::nullopt;
    return limits::Reading{
        .spent = 700, .held = 40, .amount = found->second, .resets_at = resets_at};
  }
  [[nodiscard]] std::optional<LiveUse> last_use(const KeyId& /*id*/) const override {
    return std::nullopt;
  }
  [[nodiscard]] Result<void> at_cut(const ActAtCut& act) override { return act({}); }
  [[nodiscard]] Result<ledger::VerifyReport> verify_ledger() override {
    if (is_database_away) return fail(Code::kDatabase);
    return verified;
  }

  ledger::VerifyReport verified;
  std::map<keys::Digest, keys::KeyRecord> alive;
  std::vector<KeyId> changed;
  std::map<std::string, std::shared_ptr<const keys::ModelRules>> models;  // by project
  std::vector<KeyId> revoked;
  std::vector<std::string> limits;
  std::map<std::string, std::int64_t> known;  // amount by limit
  WallTime resets_at = WallTime::max();
  bool is_database_away = false;
  int route_changes = 0;
};

class TestInstance : public testing::Test {
 protected:
  TestInstance() {
    auto opened = store::DataFolder::open(place_.path() / "data", store::DataFolder::Mode::kCreate);
    TG_CHECK(opened.has_value());
    folder_.emplace(*std::move(opened));
    auto database = store::Database::open(place_.place(folder_->path()));
    TG_CHECK(database.has_value());
    database_ = *std::move(database);
    operations_.emplace(*database_, *folder_, &live_,
                        OperationsOptions{.console_url = "http://127.0.0.1:8080"});
  }

  ApiResult<Json> run(std::string_view operation, const Json& arguments = Json::object()) {
    return operations_->run(operation, arguments, command_line_caller());
  }
  Json make_owner() {
    return run("init_owner", {{"email", kTestEmail}, {"password", kTestPassword}}).value();
  }

  store::TestFolder place_;
  std::optional<store::DataFolder> folder_;
  std::unique_ptr<store::Database> database_;
  RecordingLiveState live_;
  std::optional<Operations> operations_;
};

}  // namespace tg::admin
