// SPDX-License-Identifier: Apache-2.0
#include "cli/live_credits.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/log.h"

namespace tg::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kRetry = 5s;

std::string limit_id(const ledger::CreditOwner& owner) {
  return "credit_of_" + (owner.project_id.empty() ? owner.organization_id : owner.project_id);
}

limits::CreditGrant live_grant(const ledger::CreditChange& change) {
  return {.id = change.grant_id,
          .end = change.expires_at.value_or(WallTime::max()),
          .order = change.sequence,
          .left = change.by.count()};
}

limits::CreditGrant live_grant(const ledger::CreditGrant& grant) {
  return {.id = grant.id,
          .end = grant.expires_at.value_or(WallTime::max()),
          .order = grant.sequence,
          .left = (grant.remaining + grant.expired).count()};
}

}  // namespace

limits::LimitSet& LiveCredits::set_of(const ledger::CreditOwner& owner) {
  const OrganizationId organization{owner.organization_id};
  if (owner.project_id.empty()) return keys_.organization(organization).credit;
  return keys_.project(ProjectId{owner.project_id}, organization).credit;
}

limits::CreditLimit* LiveCredits::find(const ledger::CreditOwner& owner) const {
  const std::scoped_lock lock{mutex_};
  const auto found = live_.find(owner);
  return found == live_.end() ? nullptr : found->second;
}

Result<void> LiveCredits::load() {
  const auto now = wall_now();
  TG_TRY_DONE(ledger::expire_credits(database_, now));
  TG_TRY(const auto balances, ledger::credit_balances(database_, now));
  TG_TRY(const auto open, ledger::open_credit_grants(database_));
  std::map<ledger::CreditOwner, std::vector<limits::CreditGrant>> grants;
  for (const auto& grant : open) grants[grant.owner].push_back(live_grant(grant));
  for (const auto& balance : balances) {
    attach(balance.owner, std::move(grants[balance.owner]), balance.used);
  }
  return {};
}

// Nothing of it is on any call yet.
void LiveCredits::attach(const ledger::CreditOwner& owner, std::vector<limits::CreditGrant> grants,
                         NanoUsd used) {
  const auto now = wall_now();
  const std::scoped_lock lock{mutex_};
  for (const auto& grant : grants) {
    if (grant.end > now && grant.end != WallTime::max()) ends_.emplace(grant.end, owner);
  }
  auto limit =
      std::make_unique<limits::CreditLimit>(limit_id(owner), std::move(grants), used.count(), now);
  if (server_ != nullptr) limit->start_enforcing();
  live_.insert_or_assign(owner, limit.get());
  set_of(owner).add(std::move(limit));
}

void LiveCredits::start_enforcing() {
  const std::scoped_lock lock{mutex_};
  for (const auto& [owner, limit] : live_) limit->start_enforcing();
}

void LiveCredits::connect(gateway::Server& server, ledger::Transfer& transfer) {
  server_ = &server;
  transfer_ = &transfer;
}

void LiveCredits::start() {
  clock_.start();
  clock_.set(wall_now());
}

void LiveCredits::stop() { clock_.stop(); }

std::optional<limits::Reading> LiveCredits::read(const ledger::CreditOwner& owner) const {
  const auto* limit = find(owner);
  if (limit == nullptr) return std::nullopt;
  return limit->read(wall_now());
}

std::vector<limits::CreditGrant> LiveCredits::standing() const {
  const std::scoped_lock lock{mutex_};
  std::vector<limits::CreditGrant> all;
  for (const auto& [owner, limit] : live_) {
    auto grants = limit->grants();
    all.insert(all.end(), std::make_move_iterator(grants.begin()),
               std::make_move_iterator(grants.end()));
  }
  return all;
}

Result<void> LiveCredits::change(const ledger::CreditChange& change,
                                 const std::function<Result<void>()>& act) {
  if (server_ == nullptr || transfer_ == nullptr) return fail(Code::kShuttingDown);
  const std::scoped_lock changing{changing_};
  auto* limit = find(change.owner);
  if (limit == nullptr) return change_first(change, act);
  TG_TRY_DONE(change_at_cut(*limit, change, act));
  if (change.by < NanoUsd{}) detach_where_all_was_taken_back(change.owner);
  clock_.set(wall_now());  // its end may be the next one
  return {};
}

// Calls that run are billed, as they were let in; those that come are paid.
Result<void> LiveCredits::change_first(const ledger::CreditChange& change,
                                       const std::function<Result<void>()>& act) {
  const auto take_cut = [&] { return server_->at_rest([] {}); };
  TG_TRY_DONE(transfer_->at_cut(take_cut, [&]() -> Result<void> {
    TG_TRY_DONE(act());
    (void)server_->at_rest([&] { attach(change.owner, {live_grant(change)}, NanoUsd{}); });
    return {};
  }));
  clock_.set(wall_now());
  return {};
}

// In the database and on the limit at the same place among the calls: else one of both would let a
// grant pay for what was spent before it.
Result<void> LiveCredits::change_at_cut(limits::CreditLimit& limit,
                                        const ledger::CreditChange& change,
                                        const std::function<Result<void>()>& act) {
  const auto by = live_grant(change);
  bool fits = false;
  const auto take_cut = [&] {
    return server_->at_rest([&] { fits = limit.change(by, wall_now()); });
  };
  const auto done = transfer_->at_cut(take_cut, [&]() -> Result<void> {
    if (!fits) return fail(Code::kConflict, "the grant has ended, or calls hold it");
    return act();
  });
  (void)server_->at_rest([&] {
    if (done) {
      limit.confirm(by.id);
    } else if (fits) {
      limit.undo(by);
    }
  });
  if (done && by.end != WallTime::max()) {
    const std::scoped_lock lock{mutex_};
    ends_.emplace(by.end, change.owner);
  }
  return done;
}

// A slip is no credit: its owner is billed again, and nobody holds anything of it.
void LiveCredits::detach_where_all_was_taken_back(const ledger::CreditOwner& owner) {
  const auto balances = ledger::credit_balances(database_, wall_now(), owner.organization_id);
  if (!balances) {
    log(LogLevel::kError, "credit that was taken back holds until the next start",
        {{"why", name(balances.error().code)}});
    return;
  }
  const auto is_owner = [&](const auto& balance) { return balance.owner == owner; };
  if (std::ranges::any_of(*balances, is_owner)) return;
  (void)server_->at_rest([&] {
    const std::scoped_lock lock{mutex_};
    const auto found = live_.find(owner);
    if (found == live_.end()) return;
    (void)set_of(owner).remove(found->second->rule().id);
    live_.erase(found);
  });
}

// First for calls, then in the books: what was settled until then comes first, and what is settled
// later finds what it is paid with among what has ended.
void LiveCredits::end_grants() {
  const auto now = wall_now();
  (void)server_->at_rest([&] {
    const std::scoped_lock lock{mutex_};
    for (auto due = ends_.begin(); due != ends_.end() && due->first <= now;) {
      const auto found = live_.find(due->second);
      if (found != live_.end()) found->second->end_grants(now);
      due = ends_.erase(due);
    }
  });
  (void)transfer_->catch_up();  // where SQL is away, what follows says so
  const auto ended = ledger::expire_credits(database_, now);
  if (!ended) {
    log(LogLevel::kError, "credit that has ended could not be booked; tried again",
        {{"why", name(ended.error().code)}});
  } else if (!ended->empty() && on_ended_) {
    on_ended_(*ended);
  }
  const std::scoped_lock lock{mutex_};
  auto next = ended ? WallTime::max() : now + kRetry;
  if (!ends_.empty()) next = std::min(next, ends_.begin()->first);
  if (next != WallTime::max()) clock_.set(next);
}

}  // namespace tg::cli
