// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "limits/limit.h"

// Prepaid money as one balance of several grants, each with an end. A call is let in only if the
// grants that had not ended at its instant can pay all of it, beside what is held and spent
// already. What is held when a grant ends stays good; what of it nobody holds is gone at once, and
// so is what those who hold it do not use.
//
// Which grant pays for which call is the ledger's to say. Here are sums only, and they are the
// same: a call takes from the first grant that had not ended when it was let in, then from those
// that end later, and so what a grant comes to does not depend on the order of calls.
//
//   change(grant) → the ledger writes it → confirm(grant)
//                 → it could not         → undo(grant)
//
// Threading:  as Limit for calls: a hold is one compare-and-swap and one addition. What says "at
//             rest" is called while no worker is in the middle of a step, by one thread at a time.
// Limits:     a grant costs 100 bytes until the process ends.
// Invariant:  at every instant some order of the grants pays for all that is held and spent; what
//             an upstream takes beyond its word is the only way past it.
namespace tg::limits {

struct CreditGrant {
  std::string id{};
  WallTime end = WallTime::max();  // never
  std::int64_t order = 0;          // among those that end together
  std::int64_t left = 0;
};

class CreditLimit final : public Limit {
 public:
  // Of grants that have ended, what calls that were let in before may still take. `spent`: what all
  // calls have taken so far.
  CreditLimit(const std::string& id, std::vector<CreditGrant> grants, std::int64_t spent,
              WallTime now);

  // At rest. So much more (or less, where `left` is negative) of a grant that is there, or a new
  // one. What is more may be used from confirm() on. False, and nothing has changed: the grant has
  // ended, or calls hold what would be taken away.
  [[nodiscard]] bool change(const CreditGrant& by, WallTime now);
  void confirm(const std::string& id);
  void undo(const CreditGrant& by);
  // At rest. Grants whose end has come pay for no new call; in the middle of a change, from its end
  // on. Until then each call looks for itself, and is held only where it fits without them.
  void end_grants(WallTime now);
  // At rest. What calls that have settled leave of each that may still pay.
  [[nodiscard]] std::vector<CreditGrant> grants() const;

  // Before start_enforcing(), `now` may be past: a call of an earlier server then.
  [[nodiscard]] Verdict try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept override;
  [[nodiscard]] bool try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept override;
  void shrink(Hold& hold, std::int64_t units) noexcept override;
  void settle(const Hold& hold, std::int64_t used) noexcept override;
  // Does nothing: a call that was let in before there was credit is billed.
  void add(std::int64_t used, WallTime admitted) noexcept override;
  // `amount`: what calls have taken and what is left for them.
  [[nodiscard]] Reading read(WallTime now) const noexcept override;
  [[nodiscard]] WallTime counts_from(WallTime now) const noexcept override;

 private:
  // A grant, and the calls whose first one it is.
  struct Part {
    CreditGrant grant;                       // `left` when it was last added up
    std::int64_t unconfirmed = 0;            // of it
    std::size_t place = kGone;               // in order_
    std::atomic<std::int64_t> committed{0};  // held, and spent since it was last added up
    std::atomic<std::int64_t> spent{0};      // since then
    // Of one that has ended: what calls want of it, those that had an earlier one among them. What
    // is more than it has, they want of the next.
    std::atomic<std::int64_t> wanted{0};
  };
  static constexpr std::size_t kGone = SIZE_MAX;

  [[nodiscard]] Part* part_at(std::size_t place) const noexcept {
    return place < order_.size() ? order_[place] : nullptr;
  }
  [[nodiscard]] Part* find(const std::string& id) const noexcept;
  Part& insert(CreditGrant grant);
  [[nodiscard]] std::int64_t not_for_calls_of(std::size_t place) const noexcept;
  [[nodiscard]] Part* first_of(WallTime admitted) const noexcept;
  void hold_in(Part* part, std::int64_t units, Hold& hold) noexcept;
  std::int64_t pass_on(Part& part, std::int64_t units) noexcept;
  void give_back(const Hold& hold, std::int64_t units) noexcept;
  void end_change();
  void take_stock();
  void add_up();
  [[nodiscard]] bool covers_what_is_held() const noexcept;
  void forget_empty();
  void number();

  std::deque<Part> parts_;    // a running call may point to any of them
  std::vector<Part*> order_;  // that may still pay, the earliest end first
  std::size_t first_ = 0;     // that has not ended
  bool changing_ = false;
  WallTime due_{};  // what ends until then has to be taken out
  std::atomic<std::int64_t> committed_{0};
  std::atomic<std::int64_t> spent_{0};
  // Of what is committed: held of an ended grant and not used, which nobody gets back. Below zero:
  // more of it is held than was committed.
  std::atomic<std::int64_t> lapsed_{0};
};

}  // namespace tg::limits
