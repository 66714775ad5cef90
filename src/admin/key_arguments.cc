// SPDX-License-Identifier: Apache-2.0
#include "admin/key_arguments.h"

#include <fmt/format.h>

#include "admin/limit_arguments.h"
#include "openai/scopes.h"

namespace tg::admin {
namespace {

constexpr std::int64_t kLifetimeSecondsMax = 31'536'000;  // as OpenAI's

bool is_there(const Json& arguments, const char* field) { return arguments.contains(field); }

// OpenAI's console offers three modes; "restricted" is to list the scopes themselves.
ApiResult<std::optional<std::vector<std::string>>> read_scopes(const Json& arguments) {
  TG_TRY(const auto preset, optional_text(arguments, "preset"));
  if (preset.empty()) return optional_texts(arguments, "scopes");
  if (is_there(arguments, "scopes")) {
    return refuse(Code::kFieldInvalid, "'preset' and 'scopes' say the same; send one of them.",
                  "preset");
  }
  if (preset == "all") return std::optional{std::vector<std::string>{}};
  if (preset == "read_only") return std::optional{std::vector<std::string>{"api.all.read"}};
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is no preset: all, read_only; or list 'scopes'.", preset),
                "preset");
}

std::string explain(const identity::RestrictionFault& fault) {
  const std::string_view field = fault.field;
  if (field == "scopes") {
    return fmt::format("'{}' is no scope here. Those that are: {}.", fault.value,
                       fmt::join(openai::known_scopes(), ", "));
  }
  if (field == "endpoints") {
    return fmt::format("'{}' is no endpoint here; write it as /v1/chat/completions.", fault.value);
  }
  if (field == "models") {
    return fmt::format("'{}' is no model's name: 1 to 128 bytes, with a '*' at its end only.",
                       fault.value);
  }
  return fmt::format(
      "'{}' is no address range; write it as 203.0.113.0/24 or 2001:db8::/32, with "
      "nothing behind the prefix.",
      fault.value);
}

ApiResult<void> refuse_for_admin(const identity::KeyRestrictions& restrictions) {
  const char* field = nullptr;
  if (!restrictions.scopes.empty()) field = "scopes";
  if (!restrictions.endpoints.empty()) field = "endpoints";
  if (!restrictions.models.empty()) field = "models";
  if (field == nullptr) return {};
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' narrows calls to models, and an admin key makes none: it may do "
                            "what its owner's roles allow.",
                            field),
                field);
}

}  // namespace

ApiResult<std::optional<std::optional<WallTime>>> read_expiry(const Json& arguments, WallTime now) {
  using Answer = std::optional<std::optional<WallTime>>;
  const bool at = is_there(arguments, "expires_at");
  const bool in = is_there(arguments, "expires_in_seconds");
  if (at && in) {
    return refuse(Code::kFieldInvalid,
                  "'expires_at' and 'expires_in_seconds' say the same; send one of them.",
                  "expires_in_seconds");
  }
  if (in) {
    TG_TRY(const auto seconds,
           optional_number(arguments, "expires_in_seconds", 0, 1, kLifetimeSecondsMax));
    if (seconds == 0) return Answer{std::optional<WallTime>{}};
    return Answer{now + std::chrono::seconds{seconds}};
  }
  if (!at) return Answer{};
  TG_TRY(const auto unix_s, optional_number(arguments, "expires_at", 0, 1, kUnixSecondsMax));
  if (unix_s == 0) return Answer{std::optional<WallTime>{}};
  const auto time = from_unix_ms(unix_s * 1000);
  if (time > now) return Answer{time};
  return refuse(Code::kFieldInvalid, "'expires_at' lies in the past; Unix seconds are meant.",
                "expires_at");
}

ApiResult<std::optional<identity::KeyRestrictions>> read_restrictions(
    const Json& arguments, const identity::KeyRestrictions& before, bool is_admin_key) {
  auto restrictions = before;
  TG_TRY(auto scopes, read_scopes(arguments));
  TG_TRY(auto endpoints, optional_texts(arguments, "endpoints"));
  TG_TRY(auto models, optional_texts(arguments, "models"));
  TG_TRY(auto addresses, optional_texts(arguments, "addresses"));
  if (!scopes && !endpoints && !models && !addresses) {
    return std::optional<identity::KeyRestrictions>{};
  }
  if (scopes) restrictions.scopes = *std::move(scopes);
  if (endpoints) restrictions.endpoints = *std::move(endpoints);
  if (models) restrictions.models = *std::move(models);
  if (addresses) restrictions.addresses = *std::move(addresses);
  if (const auto faults = identity::faults_of(restrictions); !faults.empty()) {
    return refuse(Code::kFieldInvalid, explain(faults.front()), faults.front().field);
  }
  if (is_admin_key) TG_TRY_DONE(refuse_for_admin(restrictions));
  return std::optional{std::move(restrictions)};
}

ApiResult<std::optional<identity::LimitRecord>> read_limit(const Json& arguments,
                                                           const Caller& caller) {
  const auto found = arguments.find("limit");
  if (found == arguments.end() || found->is_null()) return std::optional<identity::LimitRecord>{};
  if (!found->is_object()) {
    return refuse(Code::kFieldInvalid,
                  R"('limit' must be an object, as {"usd": "20.00", "per": "month"}.)", "limit");
  }
  TG_TRY_DONE(refuse_unknown_fields(*found, {"usd", "tokens", "requests", "concurrency", "images",
                                             "audio_megabytes", "per", "window", "time_zone"}));
  auto limit = *found;
  limit["scope"] = "key";
  limit["id"] = "to be made";
  TG_TRY(auto wanted, read_wanted_limit(limit));
  if (wanted.removes) return std::optional<identity::LimitRecord>{};
  wanted.record.target_id.clear();
  wanted.record.set_by_owner = caller.is_owner;
  return std::optional{std::move(wanted.record)};
}

}  // namespace tg::admin
