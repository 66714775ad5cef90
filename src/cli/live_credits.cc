// SPDX-License-Identifier: Apache-2.0
#include "cli/live_credits.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "base/log.h"

namespace tg::cli {
namespace {

using namespace std::chrono_literals;

// How long calls run at most that hold what a grant had when it ended, and how often is looked.
constexpr std::chrono::milliseconds kCallsMax = 1h;
constexpr std::chrono::milliseconds kLookAgain = 1min;

Result<ledger::CreditBalance> balance_of(store::Database& database,
                                         const ledger::CreditOwner& owner) {
  TG_TRY(const auto balances, ledger::credit_balances(database));
  const auto found = std::ranges::find(balances, owner, &ledger::CreditBalance::owner);
  return found == balances.end() ? ledger::CreditBalance{.owner = owner} : *found;
}

Result<std::unique_ptr<limits::Limit>> make_limit(const ledger::CreditOwner& owner,
                                                  NanoUsd amount) {
  return limits::Limit::make(
      {.id = "credit_of_" + (owner.project_id.empty() ? owner.organization_id : owner.project_id),
       .metric = limits::Metric::kMoney,
       .period = limits::Period::kTotal,
       .amount = amount.count()});
}

}  // namespace

limits::LimitSet& LiveCredits::set_of(const ledger::CreditOwner& owner) {
  const OrganizationId organization{owner.organization_id};
  if (owner.project_id.empty()) return keys_.organization(organization).credit;
  return keys_.project(ProjectId{owner.project_id}, organization).credit;
}

Result<void> LiveCredits::load() {
  const auto now = wall_now();
  TG_TRY_DONE(ledger::expire_credits(database_, now));
  TG_TRY(const auto balances, ledger::credit_balances(database_));
  for (const auto& balance : balances) {
    TG_TRY(auto limit, make_limit(balance.owner, balance.used + balance.remaining));
    limit->restore(now, now, balance.used.count(), now);
    live_.emplace(balance.owner, &set_of(balance.owner).add(std::move(limit)));
  }
  return {};
}

void LiveCredits::start_enforcing() {
  const std::scoped_lock lock{mutex_};
  for (const auto& [owner, limit] : live_) limit->start_enforcing();
}

void LiveCredits::start(gateway::Server& server, ledger::Transfer& transfer) {
  server_ = &server;
  transfer_ = &transfer;
  clock_.start();
  clock_.set(wall_now());
}

void LiveCredits::stop() { clock_.stop(); }

std::optional<limits::Reading> LiveCredits::read(const ledger::CreditOwner& owner) const {
  const std::scoped_lock lock{mutex_};
  const auto found = live_.find(owner);
  if (found == live_.end()) return std::nullopt;
  return found->second->read(wall_now());
}

Result<void> LiveCredits::change(const ledger::CreditOwner& owner,
                                 const std::function<Result<void>()>& act) {
  TG_TRY_DONE(change_at_cut(owner, act));
  clock_.set(wall_now());  // a new end may be the next one
  return {};
}

Result<void> LiveCredits::change_at_cut(const ledger::CreditOwner& owner,
                                        const std::function<Result<void>()>& act) {
  if (server_ == nullptr || transfer_ == nullptr) return fail(Code::kShuttingDown);
  const std::scoped_lock changing{changing_};
  limits::Limit* limit = nullptr;
  {
    const std::scoped_lock lock{mutex_};
    const auto found = live_.find(owner);
    if (found != live_.end()) limit = found->second;
  }
  std::unique_ptr<limits::Limit> made;
  if (limit == nullptr) {
    TG_TRY(made, make_limit(owner, NanoUsd{}));
    limit = made.get();
  }
  const bool is_new = made != nullptr;
  auto& set = set_of(owner);
  std::int64_t spent = 0;
  const auto take_cut = [&] {
    return server_->at_rest([&] {
      if (made) set.add(std::move(made));
      spent = limit->read(wall_now()).spent;
    });
  };
  const auto done = transfer_->at_cut(take_cut, [&]() -> Result<void> {
    TG_TRY_DONE(act());
    TG_TRY(const auto balance, balance_of(database_, owner));
    limit->set_amount(spent + balance.remaining.count());
    return {};
  });
  if (!done) {
    if (is_new) set.remove(limit->rule().id);
    return done;
  }
  limit->start_enforcing();
  if (is_new) {
    const std::scoped_lock lock{mutex_};
    live_.emplace(owner, limit);
  }
  return {};
}

void LiveCredits::end_grants() {
  const auto next = end_due_grants();
  if (!next) {
    log(LogLevel::kError, "credit that has ended could not be booked; tried again",
        {{"why", name(next.error().code)}});
    return clock_.try_again();
  }
  clock_.set(*next);
}

// What is due, and owners whose calls may still be paid with what has ended not long ago.
Result<std::optional<WallTime>> LiveCredits::end_due_grants() {
  const auto now = wall_now();
  TG_TRY(const auto grants, ledger::list_credit_grants(database_));
  std::set<ledger::CreditOwner> owners;
  for (const auto& grant : grants) {
    if (!grant.expires_at || *grant.expires_at > now) continue;
    const bool due = grant.remaining > NanoUsd{};
    if (due || *grant.expires_at + kCallsMax > now) owners.insert(grant.owner);
  }
  for (const auto& owner : owners) {
    TG_TRY_DONE(change_at_cut(owner, [&] { return ledger::expire_credits(database_, now); }));
  }
  TG_TRY(auto next, ledger::next_credit_expiry(database_));
  if (!owners.empty()) next = std::min(next.value_or(WallTime::max()), now + kLookAgain);
  return next;
}

}  // namespace tg::cli
