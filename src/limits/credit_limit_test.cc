// SPDX-License-Identifier: Apache-2.0
#include "limits/credit_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

#include "base/money.h"

namespace tg::limits {
namespace {

using std::chrono::milliseconds;

constexpr WallTime kNoon{milliseconds{1'700'000'000'000}};
constexpr WallTime kNever = WallTime::max();

WallTime at(int ms) { return kNoon + milliseconds{ms}; }

std::unique_ptr<CreditLimit> make(std::vector<CreditGrant> grants, std::int64_t spent = 0,
                                  WallTime now = kNoon) {
  auto limit = std::make_unique<CreditLimit>("credit_of_org", std::move(grants), spent, now);
  limit->start_enforcing();
  return limit;
}

bool holds(CreditLimit& limit, std::int64_t units, WallTime now, Hold& hold) {
  return limit.try_hold(units, now, hold) == Verdict::kHeld;
}

std::int64_t left_of(const CreditLimit& limit, std::string_view id) {
  for (const auto& grant : limit.grants()) {
    if (grant.id == id) return grant.left;
  }
  return 0;
}

TEST(CreditLimit, AdmitsWhatAllGrantsPayTogetherAndNoMore) {
  const auto limit = make({{"a", at(1000), 1, 30}, {"b", kNever, 2, 70}});
  Hold hold;
  EXPECT_FALSE(holds(*limit, 101, kNoon, hold));
  EXPECT_TRUE(holds(*limit, 100, kNoon, hold));
  EXPECT_EQ(limit->read(kNoon).left(), 0);
  limit->settle(hold, 45);
  EXPECT_EQ(left_of(*limit, "a"), 0);
  EXPECT_EQ(left_of(*limit, "b"), 55);
  const auto reading = limit->read(kNoon);
  EXPECT_EQ(std::tuple(reading.amount, reading.spent, reading.held), std::tuple(100, 45, 0));
}

TEST(CreditLimit, AnEndedGrantIsLentToNobodyEvenBeforeItIsTakenOut) {
  const auto limit = make({{"a", at(1000), 1, 100}, {"b", kNever, 2, 10}});
  Hold hold;
  EXPECT_FALSE(holds(*limit, 11, at(1000), hold)) << "the very instant of its end";
  EXPECT_TRUE(holds(*limit, 10, at(1000), hold));
  limit->end_grants(at(1000));
  EXPECT_EQ(limit->read(at(1000)).left(), 0);
  limit->settle(hold, 4);
  EXPECT_EQ(left_of(*limit, "b"), 6);
  EXPECT_EQ(limit->read(at(1000)).left(), 6);
}

TEST(CreditLimit, WhatIsHeldWhenAGrantEndsStaysGoodAndWhatIsNotUsedIsGone) {
  const auto limit = make({{"a", at(1000), 1, 100}, {"b", kNever, 2, 10}});
  Hold old;
  ASSERT_TRUE(holds(*limit, 80, at(999), old));
  limit->end_grants(at(1000));
  EXPECT_EQ(limit->read(at(1000)).left(), 10) << "what is held is the ended one's";
  EXPECT_EQ(limit->read(at(1000)).held, 80);
  limit->settle(old, 50);
  EXPECT_EQ(limit->read(at(1000)).left(), 10) << "the 30 it did not need have ended";
  EXPECT_EQ(left_of(*limit, "b"), 10);
  Hold hold;
  EXPECT_FALSE(holds(*limit, 11, at(1000), hold));
}

TEST(CreditLimit, WhatAnEndedGrantDoesNotCoverIsOfTheNext) {
  const auto limit = make({{"a", at(1000), 1, 100}, {"b", kNever, 2, 50}});
  Hold old;
  ASSERT_TRUE(holds(*limit, 120, at(999), old));
  limit->end_grants(at(1000));
  EXPECT_EQ(limit->read(at(1000)).left(), 30);
  limit->settle(old, 110);
  EXPECT_EQ(limit->read(at(1000)).left(), 40);
  EXPECT_EQ(left_of(*limit, "b"), 40);
}

TEST(CreditLimit, AStreamGoesOnOverTheEndOfAGrantWhereAnotherPays) {
  const auto limit = make({{"a", at(1000), 1, 100}, {"b", kNever, 2, 50}});
  Hold old;
  ASSERT_TRUE(holds(*limit, 90, at(999), old));
  limit->end_grants(at(1000));
  EXPECT_TRUE(limit->try_grow(old, 40, at(1001)));
  EXPECT_FALSE(limit->try_grow(old, 51, at(1001)));
  limit->settle(old, 130);
  EXPECT_EQ(left_of(*limit, "b"), 20);
  EXPECT_EQ(limit->read(at(1001)).left(), 20) << "10 were lapsed already, and are not lent again";
}

TEST(CreditLimit, ANewGrantPaysForNothingThatWasSpentBefore) {
  const auto limit = make({{"b", kNever, 1, 100}});
  Hold hold;
  ASSERT_TRUE(holds(*limit, 60, kNoon, hold));
  limit->settle(hold, 60);
  ASSERT_TRUE(limit->change({"a", at(1000), 2, 50}, kNoon));
  EXPECT_EQ(limit->read(kNoon).left(), 40) << "nobody lends what is not written yet";
  limit->confirm("a");
  EXPECT_EQ(left_of(*limit, "a"), 50);
  EXPECT_EQ(left_of(*limit, "b"), 40);
  ASSERT_TRUE(holds(*limit, 90, kNoon, hold));
  limit->settle(hold, 60);
  EXPECT_EQ(left_of(*limit, "a"), 0);
  EXPECT_EQ(left_of(*limit, "b"), 30);
}

TEST(CreditLimit, WhatCallsHoldCannotBeTakenBack) {
  const auto limit = make({{"a", at(1000), 1, 100}, {"b", kNever, 2, 50}});
  Hold hold;
  ASSERT_TRUE(holds(*limit, 120, kNoon, hold));
  EXPECT_FALSE(limit->change({"b", kNever, 2, -31}, kNoon));
  EXPECT_FALSE(limit->change({"b", kNever, 2, -51}, kNoon));
  EXPECT_TRUE(limit->change({"b", kNever, 2, -30}, kNoon));
  EXPECT_EQ(limit->read(kNoon).left(), 0);
  limit->undo({"b", kNever, 2, -30});
  EXPECT_EQ(limit->read(kNoon).left(), 30);
  EXPECT_FALSE(limit->change({"a", at(1000), 1, 5}, at(1000))) << "it has ended";
  limit->settle(hold, 0);
}

TEST(CreditLimit, CallsOfAnEarlierServerHoldWhatHasEndedSince) {
  CreditLimit limit{"credit_of_org", {{"a", at(-10), 1, 40}, {"b", kNever, 2, 10}}, 7, kNoon};
  Hold old;
  ASSERT_EQ(limit.try_hold(45, at(-20), old), Verdict::kHeld);
  limit.start_enforcing();
  EXPECT_EQ(limit.read(kNoon).left(), 5);
  limit.settle(old, 30);
  EXPECT_EQ(limit.read(kNoon).left(), 10);
  EXPECT_EQ(left_of(limit, "a"), 10);
}

TEST(CreditLimit, AnUpstreamThatBreaksItsWordUsesUpWhatIsThere) {
  const auto limit = make({{"a", kNever, 1, 10}});
  Hold hold;
  ASSERT_TRUE(holds(*limit, 5, kNoon, hold));
  limit->settle(hold, 25);
  EXPECT_EQ(limit->read(kNoon).left(), 0);
  ASSERT_TRUE(limit->change({"b", kNever, 2, 8}, kNoon));
  limit->confirm("b");
  EXPECT_EQ(limit->read(kNoon).left(), 8) << "what was more is billed, and no debt";
}

// Against the ledger's rule itself, which takes one call after the other, while grants come, are
// corrected and end, and calls run over all of it.
class CreditModel {
 public:
  explicit CreditModel(std::uint32_t seed) : random_{seed} {}

  void run(int steps) {
    for (step_ = 0; step_ < steps; ++step_) {
      now_ += milliseconds{number(0, 3)};
      act();
      compare();
      if (testing::Test::HasFailure()) return;
    }
  }

 private:
  struct Call {
    Hold hold;
    WallTime admitted;
  };

  std::int64_t number(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>{least, most}(random_);
  }

  void act() {
    switch (number(0, 9)) {
      case 0:
      case 1:
      case 2: return admit();
      case 3: return grow();
      case 4:
      case 5:
      case 6: return settle();
      case 7: return grant();
      case 8: return correct();
      default: return end();
    }
  }

  void admit() {
    Call call{.hold = {}, .admitted = now_};
    if (holds(*limit_, number(1, 60), now_, call.hold)) calls_.push_back(call);
  }

  Call* any_call() {
    if (calls_.empty()) return nullptr;
    return &calls_[static_cast<std::size_t>(number(0, std::ssize(calls_) - 1))];
  }

  void grow() {
    auto* call = any_call();
    if (call == nullptr) return;
    const auto units = number(1, 30);
    if (limit_->try_grow(call->hold, units, now_) && number(0, 3) == 0) {
      limit_->shrink(call->hold, units);
    }
  }

  void settle() {
    auto* call = any_call();
    if (call == nullptr) return;
    const auto used = number(0, call->hold.units);
    limit_->settle(call->hold, used);
    drain(call->admitted, used);
    calls_.erase(calls_.begin() + (call - calls_.data()));
  }

  // The rule of the ledger.
  void drain(WallTime admitted, std::int64_t owed) {
    for (auto& grant : ledger_) {
      if (grant.end <= admitted) continue;
      const auto taken = std::min(grant.left, owed);
      grant.left -= taken;
      owed -= taken;
    }
    EXPECT_EQ(owed, 0) << "step " << step_ << ": a call that was let in is not paid";
  }

  void grant() {
    finish_change();
    CreditGrant made{.id = "g" + std::to_string(++made_),
                     .end = number(0, 2) == 0 ? kNever : now_ + milliseconds{number(1, 60)},
                     .order = made_,
                     .left = number(1, 100)};
    change(made);
  }

  void correct() {
    finish_change();
    if (ledger_.empty()) return;
    auto by = ledger_[static_cast<std::size_t>(number(0, std::ssize(ledger_) - 1))];
    by.left = number(0, 1) == 0 ? number(1, 40) : -number(1, 40);
    change(by);
  }

  // The database may fail, and other things happen before that is known.
  void change(const CreditGrant& by) {
    if (!limit_->change(by, now_)) return;
    pending_ = by;
    will_fail_ = number(0, 3) == 0;
    if (!will_fail_) put(by);
    if (number(0, 1) == 0) finish_change();
  }

  void finish_change() {
    if (!pending_) return;
    if (will_fail_) {
      limit_->undo(*pending_);
    } else {
      limit_->confirm(pending_->id);
    }
    pending_.reset();
  }

  void put(const CreditGrant& by) {
    const auto known = std::ranges::find(ledger_, by.id, &CreditGrant::id);
    if (known != ledger_.end()) {
      known->left += by.left;
      EXPECT_GE(known->left, 0) << "step " << step_;
      return;
    }
    ledger_.push_back(by);
    std::ranges::sort(ledger_, [](const auto& one, const auto& other) {
      return std::tie(one.end, one.order) < std::tie(other.end, other.order);
    });
  }

  void end() {
    limit_->end_grants(now_);
    if (pending_) return;
    // Nothing is on its way, so what is left is what it could be at most.
    auto left = ledger_;
    std::ranges::sort(calls_, {}, &Call::admitted);
    for (const auto& call : calls_) {
      auto owed = call.hold.units;
      for (auto& grant : left) {
        if (grant.end <= call.admitted) continue;
        const auto taken = std::min(grant.left, owed);
        grant.left -= taken;
        owed -= taken;
      }
      EXPECT_EQ(owed, 0) << "step " << step_;
    }
    std::int64_t most = 0;
    for (const auto& grant : left) {
      if (grant.end > now_) most += grant.left;
    }
    EXPECT_EQ(limit_->read(now_).left(), most) << "step " << step_;
  }

  void compare() {
    if (pending_ && will_fail_) return;
    for (const auto& grant : ledger_) {
      const auto all = limit_->grants();
      const auto found = std::ranges::find(all, grant.id, &CreditGrant::id);
      if (found != all.end()) {
        EXPECT_EQ(found->left, grant.left) << "step " << step_ << ", " << grant.id;
      } else {
        EXPECT_TRUE(grant.left == 0 || grant.end <= now_) << "step " << step_ << ", " << grant.id;
      }
    }
  }

  std::mt19937 random_;
  WallTime now_ = kNoon;
  std::unique_ptr<CreditLimit> limit_ = make({});
  std::vector<CreditGrant> ledger_;  // as they are drained
  std::vector<Call> calls_;
  std::optional<CreditGrant> pending_;
  bool will_fail_ = false;
  std::int64_t made_ = 0;
  int step_ = 0;
};

TEST(CreditLimit, AgreesWithTheLedgerWhateverHappens) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    CreditModel{seed}.run(400);
    if (HasFailure()) return;
  }
}

TEST(CreditLimit, WorkersNeverHoldMoreThanThereIs) {
  const auto limit = make({{"a", at(1000), 1, 1'000}, {"b", kNever, 2, 500}});
  Hold old;
  ASSERT_TRUE(holds(*limit, 1'000, at(999), old));
  limit->end_grants(at(1000));
  std::atomic<std::int64_t> used = 0;
  const auto work = [&](std::uint32_t seed) {
    std::mt19937 random{seed};
    for (int i = 0; i < 20'000; ++i) {
      Hold hold;
      const auto units = std::uniform_int_distribution<std::int64_t>{1, 200}(random);
      if (!holds(*limit, units, at(1001), hold)) continue;
      const bool uses = i % 4'000 == 0;
      if (uses) used += units;
      limit->settle(hold, uses ? units : 0);
    }
  };
  std::vector<std::thread> workers;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) workers.emplace_back(work, seed);
  for (auto& worker : workers) worker.join();
  limit->settle(old, 900);
  EXPECT_EQ(left_of(*limit, "b"), 500 - used);
  EXPECT_GE(left_of(*limit, "b"), 0);
  EXPECT_EQ(limit->read(at(1001)).left(), 500 - used);
  EXPECT_EQ(limit->read(at(1001)).held, 0);
}

}  // namespace
}  // namespace tg::limits
