// SPDX-License-Identifier: Apache-2.0
#include "identity/audit_verify.h"

#include <algorithm>
#include <map>

namespace tg::identity {
namespace {

constexpr std::size_t kFindingsMax = 100;

// Each chain's entries, and its head behind them. The heads that are left have no entries.
void add_entries(soci::session& session, const std::vector<AuditHead>& heads,
                 AuditChecker& checker) {
  std::map<std::string, const AuditHead*> left;
  for (const auto& head : heads) left.emplace(head.chain, &head);
  std::string chain;
  const auto leave = [&] {
    const auto head = left.extract(chain);
    if (head) checker.add(*head.mapped());
  };
  AuditRow row;
  soci::statement select{session};
  row.bind(select);
  select.alloc();
  select.prepare(std::string{"SELECT "} + kAuditColumns +
                 " FROM audit_log ORDER BY chain, sequence");
  select.define_and_bind();
  select.execute();
  for (bool first = true; select.fetch(); first = false) {
    const auto& record = row.finish();
    if (!first && record.chain != chain) leave();
    chain = record.chain;
    checker.add(record);
  }
  leave();
  for (const auto& [of, head] : left) checker.add(*head);
}

// What no chain can say of itself: that it is gone.
void check_number_of_chains(soci::session& session, const std::vector<AuditHead>& heads,
                            AuditChecker& checker) {
  long long organizations = 0;
  session << "SELECT count(*) FROM organizations", soci::into(organizations);
  const auto instance = std::ranges::find(heads, std::string{}, &AuditHead::chain);
  if (instance == heads.end()) {
    if (organizations > 0 || !heads.empty()) checker.note({}, 0, "the instance's chain is gone");
    return;
  }
  const auto chains = static_cast<long long>(heads.size()) - 1;
  if (chains == instance->chains) return;
  checker.note({}, 0,
               "there are " + std::to_string(chains) + " chains of organizations where " +
                   std::to_string(instance->chains) + " were begun");
}

}  // namespace

void AuditChecker::note(std::string chain, std::int64_t sequence, std::string what) {
  if (report_.findings.size() >= kFindingsMax) return;
  report_.findings.push_back(
      {.chain = std::move(chain), .sequence = sequence, .what = std::move(what)});
}

void AuditChecker::leave_chain() {
  if (inside_) note(chain_, sequence_, "the chain's head is missing");
  inside_ = false;
}

void AuditChecker::add(const AuditRecord& record) {
  if (!inside_ || record.chain != chain_) {
    leave_chain();
    inside_ = true;
    chain_ = record.chain;
    sequence_ = 0;
    hash_.clear();
    ++report_.chains;
  }
  ++report_.entries;
  if (record.sequence != sequence_ + 1) {
    note(chain_, sequence_ + 1,
         record.sequence > sequence_ + 1
             ? "entries are missing: the next one is " + std::to_string(record.sequence)
             : "entries are out of order: " + std::to_string(record.sequence) + " comes after " +
                   std::to_string(sequence_));
  } else if (record.previous_hash != hash_) {
    note(chain_, record.sequence, "the entry does not follow on the one before it");
  }
  if (hash_of(record) != record.hash) note(chain_, record.sequence, "the entry was altered");
  sequence_ = record.sequence;
  hash_ = record.hash;
  chain_version_ = record.chain_version;
}

void AuditChecker::add(const AuditHead& head) {
  if (inside_ && head.chain != chain_) leave_chain();
  if (!inside_) {
    chain_ = head.chain;
    sequence_ = 0;
    hash_.clear();
    chain_version_ = 2;
  }
  inside_ = false;
  if (sequence_ < head.entries) {
    note(chain_, sequence_ + 1,
         "the end is cut off: the head counts " + std::to_string(head.entries) + " entries");
  } else if (sequence_ > head.entries) {
    note(chain_, head.entries + 1,
         "the head counts only " + std::to_string(head.entries) + " entries");
  } else if (hash_ != head.hash) {
    note(chain_, sequence_, "the head names another last entry");
  }
  // The migration could make no seal; the next entry makes one.
  const bool never_sealed = head.mac.empty() && chain_version_ == 1;
  if (key_ == nullptr || never_sealed || head.mac == mac_of(head, *key_)) return;
  note(chain_, head.entries, "the head's seal does not hold");
}

AuditReport AuditChecker::finish() {
  leave_chain();
  report_.heads_sealed = key_ != nullptr;
  return std::move(report_);
}

Result<AuditReport> check_audit(store::Database& database) {
  const auto& key = database.seal_key();
  AuditChecker checker{key.empty() ? nullptr : &key};
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    const auto heads = read_heads(session);
    add_entries(session, heads, checker);
    check_number_of_chains(session, heads, checker);
    return {};
  }));
  return checker.finish();
}

}  // namespace tg::identity
