// SPDX-License-Identifier: Apache-2.0
#include "identity/federation_tokens.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "identity/key_select.h"
#include "identity/rows.h"
#include "identity/text_rules.h"

namespace tg::identity {
namespace {

constexpr long long kTokensMax = 10'000;
constexpr std::size_t kSubjectShownMax = 256;
// For people who look at a key: when an ended token was used last.
constexpr std::chrono::hours kEndedKept{24};
// A successor that ends hardly later is no gain.
constexpr std::chrono::seconds kGainMin{60};

// What a subject token gave before.
struct Exchange {
  long long number = 0;
  long long issued_ms = 0;
  long long ends_ms = 0;
  long long secret_ends_ms = 0;  // 0: it is gone

  // It ended before its time: somebody wanted that.
  [[nodiscard]] bool was_ended() const { return secret_ends_ms != 0 && secret_ends_ms < ends_ms; }
  [[nodiscard]] bool holds(long long now_ms, long long next_ends_ms) const {
    if (now_ms >= ends_ms) return false;
    const bool past_half = now_ms >= issued_ms + (ends_ms - issued_ms) / 2;
    const auto gain = std::chrono::milliseconds{next_ends_ms - ends_ms};
    return !past_half || gain < kGainMin;
  }
};

struct ExchangeRow {
  Exchange exchange;
  void bind(soci::statement& select) {
    for (auto* number :
         {&exchange.number, &exchange.issued_ms, &exchange.ends_ms, &exchange.secret_ends_ms}) {
      select.exchange(soci::into(*number));
    }
  }
  [[nodiscard]] Exchange item() const { return exchange; }
};

Exchange read_exchange(soci::session& session, const WantedToken& wanted) {
  const auto found = select_rows<ExchangeRow>(
      session,
      "SELECT e.number, e.issued_unix_ms, e.ends_unix_ms, COALESCE(s.ends_unix_ms, 0)"
      " FROM federation_exchanges e LEFT JOIN former_secrets s ON s.id = e.secret_id"
      " WHERE e.rule_id = :rule AND e.subject_hash = :subject",
      {wanted.rule.id, wanted.subject_hash});
  return found.empty() ? Exchange{} : found.front();
}

long long next_end_ms(const WantedToken& wanted, WallTime now) {
  return to_unix_ms(std::min(wanted.expires_at, now + wanted.lifetime));
}

Result<void> check_rule(soci::session& session, const FederationRule& rule) {
  if (count_rows(session,
                 "SELECT count(*) FROM federation_rules WHERE id = :id AND enabled = 1"
                 " AND generation = " +
                     std::to_string(rule.generation),
                 {rule.id}) > 0) {
    return {};
  }
  return fail(Code::kConflict, "the federation rule has changed meanwhile");
}

Result<KeyInfo> read_open_key(soci::session& session, const KeyId& id, WallTime now) {
  TG_TRY(auto key, read_key(session, id));
  if (key.revoked_at) {
    return fail(Code::kForbidden,
                "the federation rule's key is revoked, or its service account or project is gone");
  }
  if (key.expires_at && *key.expires_at <= now) {
    return fail(Code::kForbidden, "the federation rule's key has expired");
  }
  if (key.paused_at) return fail(Code::kForbidden, "the federation rule's key is paused");
  return key;
}

// Nothing: a new one is to be made. Told by its present key, whatever the exchange says.
Result<std::optional<AccessToken>> known_token(soci::session& session, const WantedToken& wanted,
                                               const Exchange& exchange, WallTime now) {
  TG_TRY_DONE(check_rule(session, wanted.rule));
  TG_TRY_DONE(read_open_key(session, wanted.rule.key_id, now));
  if (exchange.number == 0) return std::nullopt;
  if (exchange.was_ended()) {
    return fail(Code::kForbidden,
                "this subject token's access was ended by a person; get a new token from the "
                "issuer");
  }
  if (!exchange.holds(to_unix_ms(now), next_end_ms(wanted, now))) return std::nullopt;
  return AccessToken{.number = exchange.number, .ends_at = from_unix_ms(exchange.ends_ms)};
}

// What is over opens nothing; that it was there is in the audit log.
void forget_old(soci::session& session, const FederationRule& rule, WallTime now) {
  execute(session,
          "DELETE FROM federation_exchanges WHERE rule_id = :rule AND expires_unix_ms < " +
              std::to_string(to_unix_ms(now)),
          {rule.id});
  execute(session,
          "DELETE FROM former_secrets WHERE key_id = :key AND ends_unix_ms < " +
              std::to_string(to_unix_ms(now - kEndedKept)),
          {rule.key_id.text()});
}

struct StoredToken {
  std::string secret_id = make_id("secret_");
  long long number = 0;
  long long ends_ms = 0;
};

void store_token(soci::session& session, const WantedToken& wanted, const TokenSecret& secret,
                 const StoredToken& token, WallTime now) {
  const long long now_ms = to_unix_ms(now);
  const long long expires_ms = to_unix_ms(wanted.expires_at);
  const auto digest = to_hex(secret.digest);
  session << "INSERT INTO former_secrets (id, key_id, digest, redacted, created_unix_ms,"
             " ends_unix_ms, last_address, last_client)"
             " VALUES (:id, :key, :digest, :redacted, :now, :ends, '', '')",
      soci::use(token.secret_id), soci::use(wanted.rule.key_id.text()), soci::use(digest),
      soci::use(secret.redacted), soci::use(now_ms), soci::use(token.ends_ms);
  session << "INSERT INTO federation_exchanges (rule_id, subject_hash, secret_id, number,"
             " issued_unix_ms, ends_unix_ms, expires_unix_ms)"
             " VALUES (:rule, :subject, :secret, :number, :now, :ends, :expires)"
             " ON CONFLICT (rule_id, subject_hash) DO UPDATE SET secret_id = excluded.secret_id,"
             " number = excluded.number, issued_unix_ms = excluded.issued_unix_ms,"
             " ends_unix_ms = excluded.ends_unix_ms, expires_unix_ms = excluded.expires_unix_ms",
      soci::use(wanted.rule.id), soci::use(wanted.subject_hash), soci::use(token.secret_id),
      soci::use(token.number), soci::use(now_ms), soci::use(token.ends_ms), soci::use(expires_ms);
}

Result<void> append(soci::session& session, const WantedToken& wanted, const StoredToken& token,
                    WallTime now) {
  nlohmann::json detail{{"identity_provider_id", wanted.rule.provider_id},
                        {"mapping_id", wanted.rule.id},
                        {"service_account_id", wanted.rule.service_account_id.text()},
                        {"secret_id", token.secret_id},
                        {"expires_at", token.ends_ms / 1000}};
  // A person's address has no place in a log that is never changed.
  if (count_plain_characters(wanted.subject) && !wanted.subject.contains('@') &&
      wanted.subject.size() <= kSubjectShownMax) {
    detail["subject"] = wanted.subject;
  }
  return append_audit(session, {.kind = ActorKind::kSystem, .id = {}, .address = wanted.address},
                      {.action = "tenant.workload_identity.access_token.issued",
                       .target = wanted.rule.key_id.text(),
                       .organization_id = wanted.rule.organization_id.text(),
                       .detail = detail.dump(),
                       .project_id = wanted.rule.project_id.text()},
                      now);
}

// Of the key and these secrets alone: the table keeps the others as they are.
Result<keys::KeyRecord> record_of(soci::session& session, const KeyInfo& key,
                                  const std::vector<keys::SecretRecord>& secrets) {
  TG_TRY(auto record, read_record(session, key));
  record.secrets.resize(1);
  record.secrets.insert(record.secrets.end(), secrets.begin(), secrets.end());
  return record;
}

Result<AccessToken> make_token(soci::session& session, const WantedToken& wanted,
                               const Exchange& before, const MakeTokenSecret& make, WallTime now) {
  const auto now_ms = to_unix_ms(now);
  if (count_rows(session,
                 "SELECT count(*) FROM former_secrets WHERE key_id = :key AND ends_unix_ms > " +
                     std::to_string(now_ms),
                 {wanted.rule.key_id.text()}) >= kTokensMax) {
    return fail(Code::kTooManyAttempts,
                "this federation rule has 10,000 access tokens alive; try again later");
  }
  StoredToken token;
  token.number = before.number + 1;
  token.ends_ms = next_end_ms(wanted, now);
  const auto secret = make(token.number);
  forget_old(session, wanted.rule, now);
  store_token(session, wanted, secret, token, now);
  TG_TRY_DONE(append(session, wanted, token, now));
  AccessToken made{.number = token.number, .ends_at = from_unix_ms(token.ends_ms)};
  TG_TRY(const auto key, read_key(session, wanted.rule.key_id));
  TG_TRY(auto record,
         record_of(session, key, {{.digest = secret.digest, .ends_unix_ms = token.ends_ms}}));
  made.made.push_back(std::move(record));
  return made;
}

std::vector<keys::SecretRecord> end_secrets(soci::session& session, const KeyId& id, WallTime now) {
  const long long now_ms = to_unix_ms(now);
  std::vector<keys::SecretRecord> ended;
  for (const auto& hex : select_rows<TextRow>(
           session,
           "SELECT digest FROM former_secrets WHERE key_id = :key AND ends_unix_ms > " +
               std::to_string(now_ms),
           {id.text()})) {
    if (const auto digest = parse_digest(hex)) {
      ended.push_back({.digest = *digest, .ends_unix_ms = now_ms});
    }
  }
  session << "UPDATE former_secrets SET ends_unix_ms = :now WHERE key_id = :key"
             " AND ends_unix_ms > :later",
      soci::use(now_ms), soci::use(id.text()), soci::use(now_ms);
  return ended;
}

}  // namespace

Result<AccessToken> issue_access_token(store::Database& database, const WantedToken& wanted,
                                       const MakeTokenSecret& make, WallTime now) {
  std::optional<AccessToken> token;
  // Mostly it is known: that needs no writer.
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(token, known_token(session, wanted, read_exchange(session, wanted), now));
    return {};
  }));
  if (token) return *token;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const auto exchange = read_exchange(session, wanted);
    TG_TRY(token, known_token(session, wanted, exchange, now));
    if (token) return {};
    TG_TRY(token, make_token(session, wanted, exchange, make, now));
    return {};
  }));
  return *std::move(token);
}

Result<std::vector<keys::KeyRecord>> end_access_tokens(soci::session& session,
                                                       const std::vector<KeyId>& keys,
                                                       WallTime now) {
  std::vector<keys::KeyRecord> changed;
  for (const auto& id : keys) {
    const auto ended = end_secrets(session, id, now);
    execute(session,
            "DELETE FROM federation_exchanges WHERE rule_id IN"
            " (SELECT id FROM federation_rules WHERE key_id = :key)",
            {id.text()});
    execute(session, "UPDATE federation_rules SET generation = generation + 1 WHERE key_id = :key",
            {id.text()});
    TG_TRY(const auto key, read_key(session, id));
    // The table may have forgotten a revoked one, and must not learn of it again.
    if (key.revoked_at) continue;
    TG_TRY(auto record, record_of(session, key, ended));
    changed.push_back(std::move(record));
  }
  return changed;
}

}  // namespace tg::identity
