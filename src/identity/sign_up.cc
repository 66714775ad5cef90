// SPDX-License-Identifier: Apache-2.0
#include "identity/sign_up.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "identity/entry_tokens.h"
#include "identity/user_row.h"

namespace tg::identity {
namespace {

constexpr std::size_t kDomainsMax = 100;
constexpr std::array<std::string_view, 4> kModes{"closed", "invitation", "domain", "open"};

nlohmann::json to_json(const SignUpPolicy& policy) {
  return {{"mode", name(policy.mode)},
          {"organization_id", policy.organization_id.text()},
          {"domains", policy.domains}};
}

SignUpPolicy parse_policy(const std::string& text) {
  SignUpPolicy policy;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return policy;
  policy.mode = parse_sign_up_mode(json.value("mode", "")).value_or(SignUpMode::kClosed);
  policy.organization_id = OrganizationId{json.value("organization_id", "")};
  policy.domains = json.value("domains", std::vector<std::string>{});
  return policy;
}

SignUpPolicy read_policy(soci::session& session) {
  std::string text;
  session << "SELECT value FROM instance_settings WHERE name = 'sign_up'", soci::into(text);
  return parse_policy(text);
}

Result<void> check_policy(soci::session& session, const SignUpPolicy& policy) {
  if (policy.mode != SignUpMode::kDomain) return {};
  if (policy.domains.empty() || policy.domains.size() > kDomainsMax) {
    return fail(Code::kFieldInvalid, "name 1 to 100 domains, as example.org");
  }
  const bool all_good = std::ranges::all_of(policy.domains, [](const std::string& domain) {
    return fold_email("a@" + domain) == "a@" + domain && domain.contains('.');
  });
  if (!all_good) return fail(Code::kFieldInvalid, "a domain is written as example.org");
  int count = 0;
  session << "SELECT count(*) FROM organizations WHERE id = :id AND deleted_unix_ms = 0",
      soci::use(policy.organization_id.text()), soci::into(count);
  if (count == 0) return fail(Code::kFieldInvalid, "there is no such organization to sign up into");
  return {};
}

Result<OrganizationId> place_newcomer(soci::session& session, const SignUpPolicy& policy,
                                      const UserId& id, WallTime now) {
  if (policy.mode == SignUpMode::kDomain) {
    TG_TRY_DONE(check_policy(session, policy));
    TG_TRY_DONE(join_organization(
        session, {.organization_id = policy.organization_id, .user_id = id, .role = "reader"},
        now));
    return policy.organization_id;
  }
  std::string person_name;
  session << "SELECT name FROM users WHERE id = :id", soci::use(id.text()), soci::into(person_name);
  return insert_organization(session, organization_name_of(person_name), id, now);
}

}  // namespace

std::string_view name(SignUpMode mode) noexcept { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<SignUpMode> parse_sign_up_mode(std::string_view text) noexcept {
  const auto* found = std::ranges::find(kModes, text);
  if (found == kModes.end()) return std::nullopt;
  return static_cast<SignUpMode>(found - kModes.begin());
}

Result<SignUpPolicy> read_sign_up_policy(store::Database& database) {
  SignUpPolicy policy;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    policy = read_policy(session);
    return {};
  }));
  return policy;
}

Result<void> set_sign_up_policy(store::Database& database, const SignUpPolicy& policy,
                                const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY_DONE(check_policy(session, policy));
    const auto before = to_json(read_policy(session));
    const auto after = to_json(policy);
    const auto text = after.dump();
    session << "INSERT INTO instance_settings (name, value) VALUES ('sign_up', :value)"
               " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        soci::use(text);
    // How many domains, not which: a hundred of them would be too long for an entry.
    const auto short_of = [](nlohmann::json json) {
      json["domains"] = json["domains"].size();
      return json;
    };
    return append_audit(session, actor,
                        {.action = "tollgate.sign_up.updated",
                         .detail = nlohmann::json{{"changes_requested", short_of(after)},
                                                  {"before", short_of(before)}}
                                       .dump()},
                        now);
  });
}

bool is_open_to(const SignUpPolicy& policy, std::string_view email) {
  if (policy.mode == SignUpMode::kOpen) return true;
  const auto folded = fold_email(email);
  if (policy.mode != SignUpMode::kDomain || !folded) return false;
  const auto domain = folded->substr(folded->find('@') + 1);
  return std::ranges::find(policy.domains, domain) != policy.domains.end();
}

Result<User> finish_sign_up(store::Database& database, std::string_view token,
                            const NewPerson& person, const std::string& address, WallTime now) {
  User user;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto email, take_entry_token(session, EntryPurpose::kSignUp, token, now));
    const auto policy = read_policy(session);
    if (!is_open_to(policy, email)) {
      return fail(Code::kForbidden, "sign-up is not open to this address any more");
    }
    TG_TRY(const auto id, insert_person(session, email, person, now));
    TG_TRY(const auto organization_id, place_newcomer(session, policy, id, now));
    TG_TRY(user, read_user(session, id.text(), organization_id.text()));
    return append_audit(
        session, {ActorKind::kUser, id.text(), address},
        {.action = "user.added",
         .target = id.text(),
         .organization_id = organization_id.text(),
         .detail = nlohmann::json{{"data", {{"role", user.organization_role}}}}.dump()},
        now);
  }));
  return user;
}

}  // namespace tg::identity
