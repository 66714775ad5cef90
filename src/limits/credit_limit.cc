// SPDX-License-Identifier: Apache-2.0
#include "limits/credit_limit.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/money.h"
#include "limits/counter.h"

namespace tg::limits {
namespace {

Rule rule_of(const std::string& id) {
  return {.id = id, .metric = Metric::kMoney, .period = Period::kTotal};
}

std::int64_t beyond(std::int64_t wanted, std::int64_t left) {
  return std::max<std::int64_t>(0, wanted - left);
}

bool pays_before(const CreditGrant& one, const CreditGrant& other) {
  return std::tie(one.end, one.order) < std::tie(other.end, other.order);
}

}  // namespace

CreditLimit::CreditLimit(const std::string& id, std::vector<CreditGrant> grants, std::int64_t spent,
                         WallTime now)
    : Limit{rule_of(id)}, committed_{spent}, spent_{spent} {
  std::ranges::sort(grants, pays_before);
  for (auto& grant : grants) {
    auto& part = parts_.emplace_back();
    part.grant = std::move(grant);
    order_.push_back(&part);
  }
  number();
  end_grants(now);
}

bool CreditLimit::change(const CreditGrant& by, WallTime now) {
  TG_CHECK(!changing_);
  if (by.end <= now) return false;
  take_stock();
  auto* known = find(by.id);
  auto& part = known == nullptr ? insert({by.id, by.end, by.order, 0}) : *known;
  part.grant.left += by.left;
  if (by.left > 0) part.unconfirmed += by.left;
  const bool fits = by.left > 0 || (part.grant.left >= 0 && covers_what_is_held());
  if (!fits) part.grant.left -= by.left;
  changing_ = fits;
  add_up();
  return fits;
}

void CreditLimit::confirm(const std::string& id) {
  if (auto* part = find(id)) part->unconfirmed = 0;
  end_change();
}

void CreditLimit::undo(const CreditGrant& by) {
  if (auto* part = find(by.id)) {
    part->unconfirmed = 0;
    part->grant.left -= by.left;
  }
  end_change();
}

void CreditLimit::end_change() {
  changing_ = false;
  end_grants(due_);
}

// Not while a change may still be undone: what was spent since would be taken out of the wrong
// grants.
void CreditLimit::end_grants(WallTime now) {
  due_ = std::max(due_, now);
  if (changing_) return;
  take_stock();
  while (first_ < order_.size() && order_[first_]->grant.end <= due_) ++first_;
  add_up();
}

std::vector<CreditGrant> CreditLimit::grants() const {
  std::vector<CreditGrant> all;
  std::int64_t more = 0;  // than the ones before had
  for (const auto* part : order_) {
    const auto wanted = part->spent + more;
    auto grant = part->grant;
    grant.left = beyond(part->grant.left, wanted);
    more = beyond(wanted, part->grant.left);
    all.push_back(std::move(grant));
  }
  return all;
}

Verdict CreditLimit::try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept {
  if (!refuses()) {
    add_saturating(committed_, units);
    hold_in(first_of(now), units, hold);
    return Verdict::kHeld;
  }
  auto place = first_;
  while (place < order_.size() && order_[place]->grant.end <= now) ++place;
  if (!try_add(committed_, units, amount() - not_for_calls_of(place))) return Verdict::kRefused;
  hold_in(part_at(place), units, hold);
  return Verdict::kHeld;
}

// Whoever takes grants out that have ended is on its way: until then nothing of them is lent.
std::int64_t CreditLimit::not_for_calls_of(std::size_t place) const noexcept {
  std::int64_t sum = 0;
  for (auto before = first_; before < std::min(place, order_.size()); ++before) {
    sum += std::max<std::int64_t>(0, order_[before]->grant.left);
  }
  return sum;
}

CreditLimit::Part* CreditLimit::first_of(WallTime admitted) const noexcept {
  const auto found =
      std::ranges::find_if(order_, [&](const auto* part) { return part->grant.end > admitted; });
  return found == order_.end() ? nullptr : *found;
}

void CreditLimit::hold_in(Part* part, std::int64_t units, Hold& hold) noexcept {
  hold = {.counter = part, .units = units};
  if (part == nullptr) return;
  part->committed += units;
  const auto wanted_of_living = pass_on(*part, units);
  committed_ -= units - wanted_of_living;
  lapsed_ -= units - wanted_of_living;
}

// Grants that have ended are asked one after the other; what is still wanted then, or what they all
// have no claim to any more, is of those that have not.
std::int64_t CreditLimit::pass_on(Part& part, std::int64_t units) noexcept {
  for (auto place = part.place; place < first_ && units != 0; ++place) {
    auto& ended = *order_[place];
    const auto before = ended.wanted.fetch_add(units);
    units = beyond(before + units, ended.grant.left) - beyond(before, ended.grant.left);
  }
  return units;
}

bool CreditLimit::try_grow(Hold& hold, std::int64_t units, WallTime /*now*/) noexcept {
  auto* part = static_cast<Part*>(hold.counter);
  const auto not_for_it = part == nullptr ? 0 : not_for_calls_of(part->place);
  if (!refuses()) {
    add_saturating(committed_, units);
  } else if (!try_add(committed_, units, amount() - not_for_it)) {
    return false;
  }
  const auto before = hold.units;
  hold_in(part, units, hold);
  hold.units = sum_saturating(before, units);
  return true;
}

void CreditLimit::shrink(Hold& hold, std::int64_t units) noexcept {
  give_back(hold, units);
  hold.units -= units;
}

void CreditLimit::give_back(const Hold& hold, std::int64_t units) noexcept {
  auto of_living = units;
  if (auto* part = static_cast<Part*>(hold.counter)) {
    part->committed -= units;
    of_living = -pass_on(*part, -units);
  }
  lapsed_ += units - of_living;
  add_saturating(committed_, -of_living);
}

void CreditLimit::settle(const Hold& hold, std::int64_t used) noexcept {
  auto settled = hold;
  // Nothing was held, so its grant may be forgotten by now.
  if (hold.units == 0) settled.counter = part_at(first_);
  if (auto* part = static_cast<Part*>(settled.counter)) part->spent += used;
  give_back(settled, hold.units - used);
  add_saturating(spent_, used);
}

void CreditLimit::add(std::int64_t /*used*/, WallTime /*admitted*/) noexcept {}

Reading CreditLimit::read(WallTime /*now*/) const noexcept {
  const auto lapsed = lapsed_.load(std::memory_order_acquire);
  const auto spent = spent_.load(std::memory_order_acquire);
  const auto committed = committed_.load(std::memory_order_acquire) - lapsed;
  return {.spent = spent,
          .held = std::max<std::int64_t>(0, committed - spent),
          .amount = std::max(spent, amount() - lapsed),
          .resets_at = WallTime::max()};
}

WallTime CreditLimit::counts_from(WallTime /*now*/) const noexcept { return WallTime{}; }

CreditLimit::Part* CreditLimit::find(const std::string& id) const noexcept {
  const auto found =
      std::ranges::find_if(order_, [&](const auto* part) { return part->grant.id == id; });
  return found == order_.end() ? nullptr : *found;
}

// Calls of the grant that comes after it may take from it, too: they get it as their first one, and
// the later grant a new part.
CreditLimit::Part& CreditLimit::insert(CreditGrant grant) {
  auto place = first_;
  while (place < order_.size() && !pays_before(grant, order_[place]->grant)) ++place;
  auto& made = parts_.emplace_back();
  if (place == order_.size()) {
    made.grant = std::move(grant);
    order_.push_back(&made);
    number();
    return made;
  }
  auto& next = *order_[place];
  made.grant = std::exchange(next.grant, std::move(grant));
  made.unconfirmed = std::exchange(next.unconfirmed, 0);
  order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(place) + 1, &made);
  number();
  return next;
}

// What was spent so far is taken out of the grants, so that one that comes now pays for none of it.
void CreditLimit::take_stock() {
  std::int64_t more = 0;
  for (auto* part : order_) {
    const auto wanted = part->spent + more;
    const auto left = part->grant.left;
    part->grant.left = beyond(left, wanted);
    more = beyond(wanted, left);
    part->committed -= part->spent;
    part->spent = 0;
  }
  // An upstream broke its word: what nobody had granted is billed.
  spent_ -= more;
  committed_ -= more;
  forget_empty();
}

void CreditLimit::add_up() {
  std::int64_t wanted = 0;
  for (std::size_t place = 0; place < first_; ++place) {
    auto& part = *order_[place];
    part.wanted = part.committed + wanted;
    wanted = beyond(part.wanted, part.grant.left);
  }
  std::int64_t left = 0;
  for (std::size_t place = first_; place < order_.size(); ++place) {
    const auto& part = *order_[place];
    left += part.grant.left - part.unconfirmed;
    wanted += part.committed;
  }
  committed_ -= lapsed_;
  lapsed_ = 0;
  set_amount(committed_ + beyond(left, wanted));
}

// Each grant may pay for the calls of its own and for those of the ones before it.
bool CreditLimit::covers_what_is_held() const noexcept {
  std::int64_t more = 0;
  for (const auto* part : order_) {
    more = beyond(part->committed + more, part->grant.left - part->unconfirmed);
  }
  return more == 0;
}

// One that ended stays as long as calls may want something of it: of those before it, too.
void CreditLimit::forget_empty() {
  if (!refuses()) return;  // before that, calls of earlier servers come back to what they held
  const auto is_idle = [](const Part& part) {
    return part.committed == 0 && part.unconfirmed == 0;
  };
  while (first_ > 0 && is_idle(*order_.front())) {
    order_.front()->place = kGone;
    order_.erase(order_.begin());
    --first_;
  }
  for (auto place = first_; place < order_.size();) {
    auto& part = *order_[place];
    if (!is_idle(part) || part.grant.left != 0) {
      ++place;
      continue;
    }
    part.place = kGone;
    order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(place));
  }
  number();
}

void CreditLimit::number() {
  for (std::size_t place = 0; place < order_.size(); ++place) order_[place]->place = place;
}

}  // namespace tg::limits
