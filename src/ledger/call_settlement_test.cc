// SPDX-License-Identifier: Apache-2.0
// An upstream that reports what an embedding cannot have.
#include "ledger/call_account.h"
#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

constexpr std::int64_t kInputPrice = 20'000'000;  // nano-dollars per million tokens

class CallSettlementTest : public testing::Test {
 protected:
  CallSettlementTest() {
    model_.mode = "embedding";
    model_.input_tokens_max = 8'192;
    model_.prices = {{.unit = config::Unit::kInputTextToken, .nanousd_per_million = kInputPrice}};
    request_.input_bytes = 100;
  }

  Settlement settle(const openai::Usage& usage) {
    CallAccount account{*journal_};
    const Terms terms{.model = &model_,
                      .endpoint = openai::Endpoint::kEmbeddings,
                      .request = &request_,
                      .owners = {&set_, &none_, &none_, &none_},
                      .target = &target_};
    EXPECT_TRUE(account.admit(terms, test_admission()));
    account.sent();
    openai::Answer answer;
    answer.usage = usage;
    account.settle({.http_status = 200, .produced = true}, answer);
    return account.settlement();
  }

  SimulatedDisk disk_;
  std::unique_ptr<Journal> journal_ =
      *Journal::open({.folder = "journal", .epoch = 1, .segment_bytes = 64 << 10, .disk = &disk_});
  config::Model model_;
  openai::RequestPeek request_;
  config::TargetState target_;
  limits::LimitSet set_;
  limits::LimitSet none_;
};

TEST_F(CallSettlementTest, AnEmbeddingThatReportsOutputIsOverItsBound) {
  const auto settlement = settle(
      {.input_text_tokens = 20, .output_text_tokens = 1, .source = openai::UsageSource::kProvider});
  EXPECT_EQ(settlement.flags & flag(EventFlag::kOverBound), flag(EventFlag::kOverBound));
  EXPECT_TRUE(target_.broke_its_word());
}

TEST_F(CallSettlementTest, WhatHasNoPriceNeverMakesACallCheaper) {
  limits::Rule rule{.id = "limit_1", .amount = 1'000'000'000, .trusts_upstream = false};
  set_.add(*limits::Limit::make(rule)).start_enforcing();
  const auto settlement = settle({.input_text_tokens = 10'000,
                                  .output_text_tokens = 100,
                                  .source = openai::UsageSource::kProvider});
  EXPECT_EQ(settlement.cost.count(), 10'000 * kInputPrice / 1'000'000);
  EXPECT_EQ(settlement.charge.count(), 8'192 * kInputPrice / 1'000'000);
}

}  // namespace
}  // namespace tg::ledger
