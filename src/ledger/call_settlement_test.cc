// SPDX-License-Identifier: Apache-2.0
// An upstream that reports what an embedding cannot have.
#include "ledger/call_account.h"
#include "ledger/simulated_disk.h"
#include "ledger/test_calls.h"
#include "limits/credit_limit.h"

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
    Terms terms{.model = &model_,
                .endpoint = openai::Endpoint::kEmbeddings,
                .request = &request_,
                .owners = {&set_, &none_, &none_, &none_},
                .target = &target_};
    terms.charge_factor_millionths = factor_;
    terms.charge_model = charge_model_;
    EXPECT_TRUE(account.admit(terms, test_admission()));
    account.sent();
    openai::Answer answer;
    answer.usage = usage;
    account.settle({.http_status = 200, .produced = true}, answer);
    admission_ = account.admission();
    return account.settlement();
  }

  // A stream of 400 bytes whose client was given so many of them.
  Settlement stream(std::optional<std::int64_t> delivered_bytes, bool only_delivered) {
    model_.mode = "chat";
    model_.output_tokens_max = 1'000;
    model_.prices = {{.unit = config::Unit::kInputTextToken, .nanousd_per_million = 1'000'000},
                     {.unit = config::Unit::kOutputTextToken, .nanousd_per_million = 1'000'000}};
    CallAccount account{*journal_};
    request_.stream = true;
    Terms terms{.model = &model_,
                .endpoint = openai::Endpoint::kChatCompletions,
                .request = &request_,
                .owners = {&set_, &none_, &none_, &none_},
                .target = &target_};
    terms.only_delivered = only_delivered;
    EXPECT_TRUE(account.admit(terms, test_admission()));
    account.sent();
    openai::Answer answer;
    answer.output_bytes = 400;
    answer.usage = {.input_text_tokens = 20,
                    .output_text_tokens = 100,
                    .reasoning_tokens = 7,
                    .source = openai::UsageSource::kProvider};
    account.settle({.outcome = Outcome::kClientGone,
                    .http_status = 200,
                    .produced = true,
                    .delivered_bytes = delivered_bytes},
                   answer);
    return account.settlement();
  }

  SimulatedDisk disk_;
  std::unique_ptr<Journal> journal_ =
      *Journal::open({.folder = "journal", .epoch = 1, .segment_bytes = 64 << 10, .disk = &disk_});
  config::Model model_;
  std::int64_t factor_ = config::ChargeRule::kSame;
  const config::Model* charge_model_ = nullptr;
  Admission admission_;
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

TEST_F(CallSettlementTest, NoCallIsChargedThePriceOfTrainingWhateverItsTierIsCalled) {
  model_.prices.add({.unit = config::Unit::kInputTextToken,
                     .tier = "training",
                     .nanousd_per_million = 50 * kInputPrice});
  request_.service_tier = "training";
  const auto settlement =
      settle({.input_text_tokens = 100, .source = openai::UsageSource::kProvider});
  EXPECT_EQ(settlement.charge.count(), 100 * kInputPrice / 1'000'000);
  EXPECT_EQ(settlement.tier.view(), "");
  EXPECT_EQ(settlement.flags, EventFlags{0});
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

TEST_F(CallSettlementTest, AFactorOfTheCostIsHeldAndCharged) {
  factor_ = 1'500'000;
  set_.add(*limits::Limit::make({.id = "limit_1", .amount = 1'000'000'000})).start_enforcing();
  const auto settlement =
      settle({.input_text_tokens = 25, .source = openai::UsageSource::kProvider});
  EXPECT_EQ(settlement.cost, NanoUsd{500});
  EXPECT_EQ(settlement.charge, NanoUsd{750});
  EXPECT_EQ(set_.limits().front()->read(wall_now()).spent, 750);
  EXPECT_EQ(set_.limits().front()->read(wall_now()).held, 0);
  EXPECT_EQ(admission_.held, charge_at(admission_.held_cost, factor_));
  EXPECT_EQ(admission_.charge_factor_millionths, factor_);
  EXPECT_GT(admission_.interrupted_charge, admission_.interrupted_cost);
}

TEST_F(CallSettlementTest, PricesOfItsOwnAreHeldAndCharged) {
  auto own = model_;
  own.price_id = 7;
  own.prices = {{.unit = config::Unit::kInputTextToken, .nanousd_per_million = 3 * kInputPrice}};
  charge_model_ = &own;
  const auto settlement =
      settle({.input_text_tokens = 25, .source = openai::UsageSource::kProvider});
  EXPECT_EQ(settlement.cost, NanoUsd{500});
  EXPECT_EQ(settlement.charge, NanoUsd{1'500});
  EXPECT_EQ(admission_.charge_price_id, 7);
  EXPECT_EQ(admission_.held.count(), 3 * admission_.held_cost.count());
}

TEST_F(CallSettlementTest, ALimitRefusesWhatOnlyTheCostWouldFit) {
  factor_ = 10'000'000;
  // 100 bytes at 20 nano-dollars a byte; ten times as much is charged at most.
  set_.add(*limits::Limit::make({.id = "limit_1", .amount = 10'000})).start_enforcing();
  CallAccount account{*journal_};
  Terms terms{.model = &model_,
              .endpoint = openai::Endpoint::kEmbeddings,
              .request = &request_,
              .owners = {&set_, &none_, &none_, &none_},
              .target = &target_};
  terms.charge_factor_millionths = factor_;
  EXPECT_FALSE(account.admit(terms, test_admission()));
  terms.charge_factor_millionths = config::ChargeRule::kSame;
  EXPECT_TRUE(account.admit(terms, test_admission()));
  account.settle({.http_status = 200}, {});
}

TEST_F(CallSettlementTest, ACallIsPaidWithTheCreditThatItHolds) {
  limits::LimitSet credit;
  auto limit = std::make_unique<limits::CreditLimit>(
      "credit_of_org", std::vector<limits::CreditGrant>{{.id = "g", .left = 3'000}}, 0, wall_now());
  limit->start_enforcing();
  credit.add(std::move(limit));
  Terms terms{.model = &model_,
              .endpoint = openai::Endpoint::kEmbeddings,
              .request = &request_,
              .owners = {&set_, &none_, &none_, &none_, &credit},
              .target = &target_};
  auto wanted = test_admission();
  wanted.credit_of = CreditOf::kOrganization;
  CallAccount account{*journal_};
  ASSERT_TRUE(account.admit(terms, wanted));
  EXPECT_EQ(account.admission().credit_of, CreditOf::kOrganization);
  CallAccount second{*journal_};
  const auto refused = second.admit(terms, wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kCreditExhausted);
  EXPECT_NE(refused.error().message.find("does not cover this call: granted $0.000003, used $0.00, "
                                         "held by running calls $0.000002"),
            std::string::npos)
      << refused.error().message;
  account.settle({.http_status = 200}, {});
  model_.free = true;
  model_.prices = {};
  ASSERT_TRUE(second.admit(terms, wanted));
  EXPECT_EQ(second.admission().credit_of, CreditOf::kNobody) << "it holds nothing";
  second.settle({.http_status = 200}, {});
  terms.owners[static_cast<std::size_t>(Level::kCredit)] = &none_;
  model_.free = false;
  model_.prices = {{.unit = config::Unit::kInputTextToken, .nanousd_per_million = kInputPrice}};
  CallAccount billed{*journal_};
  ASSERT_TRUE(billed.admit(terms, wanted));
  EXPECT_EQ(billed.admission().credit_of, CreditOf::kNobody) << "there is none";
  billed.settle({.http_status = 200}, {});
}

TEST_F(CallSettlementTest, WhatAClientDidNotWaitForIsChargedUnlessItsOrganizationIsSpared) {
  EXPECT_EQ(stream(40, false).charge, NanoUsd{127});
  EXPECT_EQ(stream(std::nullopt, true).charge, NanoUsd{127}) << "it waited for all of it";
  const auto spared = stream(40, true);
  EXPECT_EQ(spared.cost, NanoUsd{127});
  EXPECT_EQ(spared.charge, NanoUsd{30}) << "its prompt, and ten tokens of the answer";
  EXPECT_EQ(spared.flags, flag(EventFlag::kOnlyDelivered));
  EXPECT_EQ(spared.usage.output_tokens(), 107);
  EXPECT_EQ(stream(0, true).charge, NanoUsd{0});
}

}  // namespace
}  // namespace tg::ledger
