// SPDX-License-Identifier: Apache-2.0
// A call whose work goes on upstream when the call itself is over.
#include "ledger/call_account.h"
#include "ledger/object_rows.h"
#include "ledger/test_calls.h"
#include "ledger/transfer_pass.h"

namespace tg::ledger {
namespace {

constexpr std::int64_t kInputPrice = 1'000'000'000;   // a thousand nano-dollars a token
constexpr std::int64_t kOutputPrice = 2'000'000'000;  // two thousand

class WaitingAccountTest : public LedgerTest {
 protected:
  void SetUp() override {
    LedgerTest::SetUp();
    model_.name = "gpt-5";
    model_.output_tokens_max = 1'000;
    model_.prices = {{.unit = config::Unit::kInputTextToken, .nanousd_per_million = kInputPrice},
                     {.unit = config::Unit::kOutputTextToken, .nanousd_per_million = kOutputPrice}};
    request_.model = "gpt-5";
    request_.input_bytes = 100;
    request_.output_tokens_max = 50;
    request_.background = true;
    auto limit = limits::Limit::make(
        {.id = "limit_1", .metric = limits::Metric::kMoney, .amount = 1'000'000});
    limit_ = &sets_[0].add(*std::move(limit));
    limit_->start_enforcing();
    journal_ = open_journal(1);
  }

  Terms terms() {
    return {.model = &model_,
            .endpoint = openai::Endpoint::kResponses,
            .request = &request_,
            .owners = {&sets_[0], &sets_[1], &sets_[2], &sets_[3], nullptr}};
  }
  Admission admission() {
    auto admission = test_admission();
    admission.stream = false;
    return admission;
  }
  static OpenWork work() {
    return {.kind = openai::ObjectKind::kResponse, .object_id = "resp_1", .provider_id = "prov_1"};
  }
  static openai::Answer answer() {
    openai::Answer answer;
    answer.usage = {.input_text_tokens = 20,
                    .output_text_tokens = 30,
                    .source = openai::UsageSource::kProvider};
    return answer;
  }
  void transfer(std::uint32_t epoch) {
    TransferPass pass{*database_, journal_folder(), epoch, 1, real_disk()};
    while (*pass.step() != TransferPass::Step::kNothing) {
    }
  }

  config::Model model_;
  openai::RequestPeek request_;
  std::array<limits::LimitSet, 4> sets_;
  limits::Limit* limit_ = nullptr;
  std::unique_ptr<Journal> journal_;
};

TEST_F(WaitingAccountTest, HoldsOnWhereverItIsMovedAndIsSettledOnce) {
  CallAccount call{*journal_};
  ASSERT_TRUE(call.admit(terms(), admission()));
  const auto held = limit_->read(wall_now()).held;
  EXPECT_GT(held, 50 * 2'000);
  call.sent();
  call.go_on(work());
  CallAccount waiting{std::move(call)};
  waiting.wait_with(terms());
  EXPECT_EQ(limit_->read(wall_now()).held, held);
  ASSERT_TRUE(waiting.settle_late({.http_status = 200, .produced = true}, answer()));
  EXPECT_EQ(limit_->read(wall_now()).held, 0);
  EXPECT_EQ(limit_->read(wall_now()).spent, 20 * 1'000 + 30 * 2'000);
  transfer(1);
  EXPECT_EQ(charged(), 20 * 1'000 + 30 * 2'000);
  EXPECT_EQ(events(), 1);
  expect_sums_agree();
}

TEST_F(WaitingAccountTest, AKnownCostTakesThePlaceOfTheUsage) {
  CallAccount call{*journal_};
  ASSERT_TRUE(call.admit(terms(), admission()));
  call.sent();
  call.go_on(work());
  call.wait_with(terms());
  ASSERT_TRUE(call.settle_late({.http_status = 200}, {}, Money{NanoUsd{77}, NanoUsd{77}}));
  EXPECT_EQ(call.settlement().charge, NanoUsd{77});
  EXPECT_EQ(call.settlement().usage.source, openai::UsageSource::kEstimated);
  EXPECT_EQ(limit_->read(wall_now()).spent, 77);
}

TEST_F(WaitingAccountTest, WhatWasNotHeardIsChargedAsByARecovery) {
  auto streamed = admission();
  streamed.stream = true;  // of what goes on upstream that changes nothing
  CallAccount call{*journal_};
  ASSERT_TRUE(call.admit(terms(), streamed));
  call.sent();
  call.settle_unheard({.http_status = 502});
  const auto& settlement = call.settlement();
  EXPECT_EQ(settlement.outcome, Outcome::kInterrupted);
  EXPECT_EQ(settlement.usage.source, openai::UsageSource::kEstimated);
  EXPECT_EQ(settlement.charge, call.admission().interrupted_charge);
  EXPECT_EQ(settlement.charge, NanoUsd{25 * 1'000 + 50 * 2'000});
  EXPECT_EQ(limit_->read(wall_now()).spent, settlement.charge.count());
  EXPECT_EQ(limit_->read(wall_now()).held, 0);
  transfer(1);
  EXPECT_EQ(charged(), settlement.charge.count());
  expect_sums_agree();
}

TEST_F(WaitingAccountTest, TheNextServerHoldsTheSameAgain) {
  std::int64_t held = 0;
  {
    CallAccount call{*journal_};
    ASSERT_TRUE(call.admit(terms(), admission()));
    held = limit_->read(wall_now()).held;
    call.sent();
    call.go_on(work());
  }  // the server ends
  EXPECT_EQ(limit_->read(wall_now()).held, 0);
  transfer(1);
  const auto open = list_open_work(*database_).value();
  ASSERT_EQ(open.size(), 1U);
  journal_ = open_journal(2);
  CallAccount again{*journal_, open.front(), terms()};
  EXPECT_EQ(limit_->read(wall_now()).held, held);
  ASSERT_TRUE(again.settle_late({.http_status = 200, .produced = true}, answer()));
  EXPECT_EQ(again.settlement().flags, 0U);
  transfer(2);
  EXPECT_TRUE(list_open_work(*database_)->empty());
  EXPECT_EQ(charged(), 20 * 1'000 + 30 * 2'000);
}

TEST_F(WaitingAccountTest, AFlatPriceIsChargedWhateverIsUsedUnlessItIsRefused) {
  auto flat = terms();
  flat.model = nullptr;
  flat.endpoint = openai::Endpoint::kOpened;
  flat.bound = Bound{.total = NanoUsd{500}, .prompt = NanoUsd{500}};
  for (const auto outcome : {Outcome::kCompleted, Outcome::kClientGone, Outcome::kUpstreamError,
                             Outcome::kUpstreamFailed}) {
    CallAccount call{*journal_};
    ASSERT_TRUE(call.admit(flat, admission()));
    EXPECT_EQ(limit_->read(wall_now()).held, 500);
    call.sent();
    call.settle({.outcome = outcome, .http_status = 200}, {});
    const bool refused = outcome == Outcome::kUpstreamError || outcome == Outcome::kUpstreamFailed;
    EXPECT_EQ(call.settlement().charge, NanoUsd{refused ? 0 : 500}) << name(outcome);
  }
  EXPECT_EQ(limit_->read(wall_now()).spent, 1'000);
  transfer(1);
  expect_sums_agree();
}

}  // namespace
}  // namespace tg::ledger
