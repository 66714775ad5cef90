// SPDX-License-Identifier: Apache-2.0
#include "identity/audit_chain.h"

#include "base/keyed_hash.h"
#include "identity/token.h"

namespace tg::identity {
namespace {

class LengthPrefixed {
 public:
  LengthPrefixed& add(std::string_view field) {
    text_.append(std::to_string(field.size())).append(":").append(field);
    return *this;
  }
  LengthPrefixed& add(long long number) { return add(std::to_string(number)); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// What the actions of version 1 are called now, since migration 9. Their hashes cover the old name.
struct Renamed {
  std::string_view was;
  std::string_view is;
};
constexpr Renamed kRenamed[] = {
    {.was = "key.created", .is = "api_key.created"},
    {.was = "key.revoked", .is = "api_key.deleted"},
    {.was = "session.created", .is = "login.succeeded"},
    {.was = "session.ended", .is = "logout.succeeded"},
    {.was = "owner.created", .is = "user.added"},
    {.was = "setup_link.created", .is = "tollgate.setup_link.created"},
    {.was = "limit.set", .is = "tollgate.limit.set"},
    {.was = "limit.removed", .is = "tollgate.limit.removed"},
    {.was = "provider.added", .is = "tollgate.provider.added"},
    {.was = "provider.removed", .is = "tollgate.provider.removed"},
    {.was = "successor.set", .is = "tollgate.successor.set"},
    {.was = "default_model.set", .is = "tollgate.default_model.set"},
};

std::string_view first_name_of(std::string_view action) {
  for (const auto& renamed : kRenamed) {
    if (renamed.is == action) return renamed.was;
  }
  return action;
}

std::string hash_of_version_1(const AuditRecord& record) {
  const auto& [kind, id, address, user_id] = record.actor;
  const auto& entry = record.entry;
  // Columns that came later say nothing but what follows from the others.
  const bool plain = record.chain.empty() && entry.project_id.empty() &&
                     user_id == (kind == ActorKind::kUser ? id : std::string{});
  if (!plain) return {};
  return hash_text(LengthPrefixed{}
                       .add(record.previous_hash)
                       .add(record.sequence)
                       .add(to_unix_ms(record.at))
                       .add(name(kind))
                       .add(id)
                       .add(address)
                       .add(entry.organization_id)
                       .add(first_name_of(entry.action))
                       .add(entry.target)
                       .add(entry.detail)
                       .text());
}

}  // namespace

std::string hash_of(const AuditRecord& record) {
  if (record.chain_version == 1) return hash_of_version_1(record);
  if (record.chain_version != 2) return {};
  const auto& entry = record.entry;
  return hash_text(LengthPrefixed{}
                       .add("tollgate audit 2")
                       .add(record.previous_hash)
                       .add(record.chain)
                       .add(record.sequence)
                       .add(to_unix_ms(record.at))
                       .add(name(record.actor.kind))
                       .add(record.actor.id)
                       .add(record.actor.user_id)
                       .add(record.actor.address)
                       .add(entry.organization_id)
                       .add(entry.project_id)
                       .add(entry.action)
                       .add(entry.target)
                       .add(entry.detail)
                       .text());
}

ActorKind parse_actor_kind(std::string_view text) noexcept {
  for (const auto kind : {ActorKind::kUser, ActorKind::kCli, ActorKind::kKey}) {
    if (text == name(kind)) return kind;
  }
  return ActorKind::kSystem;
}

std::string mac_of(const AuditHead& head, const SecretBytes& key) {
  // The first field keeps this hash apart from the others that the same key makes.
  const auto text = LengthPrefixed{}
                        .add("tollgate audit head")
                        .add(head.chain)
                        .add(head.entries)
                        .add(head.hash)
                        .add(head.chains)
                        .text();
  return keyed_hash(key, text);
}

std::vector<AuditHead> read_heads(soci::session& session) {
  std::vector<AuditHead> heads;
  AuditHead head;
  soci::statement select =
      (session.prepare << "SELECT chain, entries, hash, chains, mac FROM audit_heads"
                          " ORDER BY chain",
       soci::into(head.chain), soci::into(head.entries), soci::into(head.hash),
       soci::into(head.chains), soci::into(head.mac));
  select.execute();
  while (select.fetch()) heads.push_back(head);
  return heads;
}

void AuditRow::bind(soci::statement& select) {
  auto& [kind, id, address, user_id] = record.actor;
  auto& entry = record.entry;
  select.exchange(soci::into(record.chain));
  select.exchange(soci::into(sequence));
  select.exchange(soci::into(record.chain_version));
  select.exchange(soci::into(at_unix_ms));
  select.exchange(soci::into(actor_kind));
  select.exchange(soci::into(id));
  select.exchange(soci::into(user_id));
  select.exchange(soci::into(address));
  select.exchange(soci::into(entry.organization_id));
  select.exchange(soci::into(entry.project_id));
  select.exchange(soci::into(entry.action));
  select.exchange(soci::into(entry.target));
  select.exchange(soci::into(entry.detail));
  select.exchange(soci::into(record.previous_hash));
  select.exchange(soci::into(record.hash));
}

const AuditRecord& AuditRow::finish() {
  record.sequence = sequence;
  record.at = from_unix_ms(at_unix_ms);
  record.actor.kind = parse_actor_kind(actor_kind);
  return record;
}

}  // namespace tg::identity
