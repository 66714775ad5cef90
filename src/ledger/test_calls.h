// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "ledger/journal.h"
#include "ledger/rollup_query.h"
#include "ledger/spent.h"
#include "ledger/usage_event.h"
#include "store/database.h"
#include "store/test_folder.h"

// Calls whose every field is a different number, and what the tests of this room ask the ledger.
// For tests only.
namespace tg::ledger {

inline constexpr std::int64_t kNoon2026Nov24Ms = 1'795'521'600'000;

inline Admission test_admission(std::int64_t number = 1) {
  return {.at = from_unix_ms(kNoon2026Nov24Ms + number),
          .endpoint = openai::Endpoint::kResponses,
          .stream = true,
          .test = false,
          .key_id = "key_" + std::to_string(number % 3),
          .owner_id = "user_1",
          .project_id = "proj_" + std::to_string(number % 2),
          .organization_id = "org_1",
          .model = "gpt-4o",
          .upstream_model = "gpt-4o-2024-08-06",
          .provider_id = "prov_1",
          .held = NanoUsd{number * 1'000 + 7},
          .prompt_charge = NanoUsd{number * 100 + 3},
          .interrupted_charge = NanoUsd{number * 10 + 1},
          .prompt_tokens = number * 5 + 2,
          .interrupted_tokens = number * 6 + 9,
          .price_id = number * 7 + 11,
          .credit_of = number % 2 == 1 ? CreditOf::kProject : CreditOf::kOrganization};
}

// By a price book.
inline Admission with_own_charge(Admission admission) {
  admission.charge_factor_millionths = 1'150'000;
  admission.charge_price_id = 15;
  admission.held_cost = NanoUsd{17};
  admission.prompt_cost = NanoUsd{19};
  admission.interrupted_cost = NanoUsd{21};
  return admission;
}

inline Settlement test_settlement(std::int64_t number = 1) {
  return {.outcome = Outcome::kClientGone,
          .http_status = 200,
          .served_model = "gpt-4o-served",
          .usage = {.input_text_tokens = number,
                    .input_audio_tokens = 2,
                    .input_image_tokens = 3,
                    .cached_input_text_tokens = 4,
                    .cached_input_audio_tokens = 5,
                    .cached_input_image_tokens = 6,
                    .cache_write_text_tokens = 7,
                    .output_text_tokens = 8,
                    .output_audio_tokens = 9,
                    .output_image_tokens = 10,
                    .reasoning_tokens = 11,
                    .output_images = 12,
                    .input_milliseconds = 13,
                    .input_characters = 14,
                    .cache_write_1h_text_tokens = 17,
                    .cache_write_12h_text_tokens = 18,
                    .input_pages = 19,
                    .web_search_calls = 20,
                    .file_search_calls = 21,
                    .code_interpreter_sessions = 22,
                    .source = openai::UsageSource::kProvider},
          .tier = "priority",
          .size = "1024x1536",
          .quality = "high",
          .served_price_id = number * 8 + 23,
          .cost = NanoUsd{number * 500 + 1},
          .charge = NanoUsd{number * 600 + 2},
          .would_have_cost = NanoUsd{number + 15},
          .duration_ms = 16,
          .flags = flag(EventFlag::kContradictory)};
}

inline void expect_same(const Admission& left, const Admission& right) {
  EXPECT_EQ(left.at, right.at);
  EXPECT_EQ(left.endpoint, right.endpoint);
  EXPECT_EQ(left.stream, right.stream);
  EXPECT_EQ(left.test, right.test);
  EXPECT_EQ(left.key_id, right.key_id);
  EXPECT_EQ(left.owner_id, right.owner_id);
  EXPECT_EQ(left.project_id, right.project_id);
  EXPECT_EQ(left.organization_id, right.organization_id);
  EXPECT_EQ(left.model, right.model);
  EXPECT_EQ(left.upstream_model, right.upstream_model);
  EXPECT_EQ(left.provider_id, right.provider_id);
  EXPECT_EQ(left.held, right.held);
  EXPECT_EQ(left.prompt_charge, right.prompt_charge);
  EXPECT_EQ(left.interrupted_charge, right.interrupted_charge);
  EXPECT_EQ(left.prompt_tokens, right.prompt_tokens);
  EXPECT_EQ(left.interrupted_tokens, right.interrupted_tokens);
  EXPECT_EQ(left.price_id, right.price_id);
  EXPECT_EQ(left.charge_factor_millionths, right.charge_factor_millionths);
  EXPECT_EQ(left.charge_price_id, right.charge_price_id);
  EXPECT_EQ(left.held_cost, right.held_cost);
  EXPECT_EQ(left.prompt_cost, right.prompt_cost);
  EXPECT_EQ(left.interrupted_cost, right.interrupted_cost);
  EXPECT_EQ(left.credit_of, right.credit_of);
}

inline void expect_same(const Settlement& left, const Settlement& right) {
  EXPECT_EQ(left.outcome, right.outcome);
  EXPECT_EQ(left.http_status, right.http_status);
  EXPECT_EQ(left.served_model, right.served_model);
  EXPECT_EQ(left.usage, right.usage);
  EXPECT_EQ(left.tier, right.tier);
  EXPECT_EQ(left.size, right.size);
  EXPECT_EQ(left.quality, right.quality);
  EXPECT_EQ(left.served_price_id, right.served_price_id);
  EXPECT_EQ(left.cost, right.cost);
  EXPECT_EQ(left.charge, right.charge);
  EXPECT_EQ(left.would_have_cost, right.would_have_cost);
  EXPECT_EQ(left.duration_ms, right.duration_ms);
  EXPECT_EQ(left.flags, right.flags);
}

// Waits for another thread; false if it never comes true.
template <typename Condition>
bool comes_true(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// One data folder with its ledger.
class LedgerTest : public testing::Test {
 protected:
  void SetUp() override { open_database(); }

  void open_database() {
    auto opened = store::Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
  }

  [[nodiscard]] std::filesystem::path journal_folder() const { return folder_.path() / "journal"; }

  [[nodiscard]] std::unique_ptr<Journal> open_journal(std::uint32_t epoch,
                                                      std::uint16_t worker = 0) const {
    auto journal = Journal::open(
        {.folder = journal_folder(), .epoch = epoch, .worker = worker, .segment_bytes = 64 << 10});
    EXPECT_TRUE(journal);
    return *std::move(journal);
  }

  // Until it is given back, whatever writes to the table is refused, late in its transaction.
  void take_away(const std::string& table) {
    run_sql("ALTER TABLE " + table + " RENAME TO " + table + "_away");
  }
  void give_back(const std::string& table) {
    run_sql("ALTER TABLE " + table + "_away RENAME TO " + table);
  }

  long long number_from(const std::string& sql) {
    long long number = -1;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      session << sql, soci::into(number);
      return {};
    })) << sql;
    return number;
  }

  void run_sql(const std::string& sql) {
    ASSERT_TRUE(database_->write([&](soci::session& session) -> Result<void> {
      session << sql;
      return {};
    })) << sql;
  }

  long long events() { return number_from("SELECT COUNT(*) FROM usage_events"); }
  long long charged() { return number_from("SELECT COALESCE(SUM(charge), 0) FROM usage_events"); }

  // Of all organizations together.
  Sums rollups() {
    Sums sums{};
    for (const auto& id : *organizations_with_usage(*database_)) {
      const auto answer = *usage_of_all_time(*database_, id);
      for (const auto& all : answer.buckets.front()) add(sums, all.sums());
    }
    return sums;
  }

  void expect_sums_agree() {
    const auto total = [this](const char* table, const std::string& column) {
      return number_from("SELECT COALESCE(SUM(" + column + "), 0) FROM " + table);
    };
    const auto sums = rollups();
    EXPECT_EQ(sums[at(Sum::kCalls)], events());
    EXPECT_EQ(sums[at(Sum::kCharge)], total("usage_events", "charge"));
    EXPECT_EQ(sums[at(Sum::kCost)], total("usage_events", "cost"));
    EXPECT_EQ(sums[at(Sum::kWouldHaveCost)], total("usage_events", "would_have_cost"));
    EXPECT_EQ(usage_of(sums).output_tokens(),
              total("usage_events",
                    "COALESCE(output_text_tokens, 0) + COALESCE(output_audio_tokens, 0) +"
                    " COALESCE(output_image_tokens, 0) + COALESCE(reasoning_tokens, 0)"));
    for (const auto* of : {"kind = 0", "kind = 1 AND model = ''", "kind = 1 AND model <> ''",
                           "kind = 2", "kind = 3"}) {
      const auto sliced = [&](const std::string& sum) {
        return number_from("SELECT COALESCE(SUM(" + sum + "), 0) FROM spend_slices WHERE " + of);
      };
      EXPECT_EQ(sliced("charge"), charged()) << of;
      EXPECT_EQ(sliced("requests"), number_from("SELECT COUNT(*) FROM usage_events WHERE test = 0"))
          << of;
      EXPECT_EQ(sliced("tokens"), number_from("SELECT COALESCE(SUM(" + token_sum_sql() +
                                              "), 0) FROM usage_events WHERE test = 0"))
          << of;
    }
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
};

}  // namespace tg::ledger
