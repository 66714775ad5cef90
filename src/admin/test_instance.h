// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

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

// Remembers what it was told.
class RecordingLiveState final : public LiveState {
 public:
  void on_key_created(const keys::KeyRecord& record) override { created.push_back(record.id); }
  void on_key_revoked(const KeyId& id) override { revoked.push_back(id); }
  void on_limit_set(const std::string& scope, const std::string& id,
                    std::optional<NanoUsd> limit) override {
    limits.push_back(scope + " " + id + " " + (limit ? format_usd(*limit) : "none"));
  }
  void on_routes_changed() override { ++route_changes; }
  [[nodiscard]] std::optional<limits::Meter::Reading> read_meter(
      const std::string& /*scope*/, const std::string& /*id*/) const override {
    return limits::Meter::Reading{.spent = NanoUsd{700}, .held = NanoUsd{40}};
  }
  [[nodiscard]] std::optional<std::int64_t> last_used_unix_ms(const KeyId& /*id*/) const override {
    return std::nullopt;
  }

  std::vector<KeyId> created;
  std::vector<KeyId> revoked;
  std::vector<std::string> limits;
  int route_changes = 0;
};

class TestInstance : public testing::Test {
 protected:
  TestInstance() {
    auto opened = store::DataFolder::open(place_.path() / "data", store::DataFolder::Mode::kCreate);
    TG_CHECK(opened.has_value());
    folder_.emplace(*std::move(opened));
    auto database = store::Database::open(folder_->path());
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
