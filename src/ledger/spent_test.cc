// SPDX-License-Identifier: Apache-2.0
#include "ledger/spent.h"

#include "ledger/ledger_writer.h"
#include "ledger/test_calls.h"
#include "ledger/broken_targets.h"

namespace tg::ledger {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kSliceMs = kSliceLength.count();

WallTime at(std::int64_t ms) { return from_unix_ms(kNoon2026Nov24Ms + ms); }

UsageEvent event(std::uint64_t sequence, std::int64_t ms, const std::string& key = "key_a",
                 const std::string& organization = "org_1") {
  auto admission = test_admission();
  admission.at = at(ms);
  admission.key_id = key;
  admission.owner_id = "user_1";
  admission.project_id = "proj_of_" + organization;
  admission.organization_id = organization;
  return {.id = {.epoch = 1, .worker = 0, .sequence = sequence},
          .admission = admission,
          .settlement = test_settlement(static_cast<std::int64_t>(sequence))};
}

std::int64_t charge_of(std::int64_t number) { return 600 * number + 2; }
std::int64_t tokens_of_event(std::int64_t number) { return number + 65 + 17 + 18; }

class SpentTest : public LedgerTest {
 protected:
  void write(std::vector<UsageEvent> events) {
    ASSERT_TRUE(write_ledger(*database_, {.events = std::move(events), .positions = {}}));
  }
  std::vector<Spent> query(const Spender& spender, WallTime from, std::chrono::milliseconds grain) {
    auto found = query_spent(*database_, spender, from, grain);
    EXPECT_TRUE(found);
    return *std::move(found);
  }
};

const Spender kKeyA{.by = SpentBy::kKey, .id = "key_a", .model = {}};

TEST_F(SpentTest, EveryOwnerOfACallHasItInTheSliceOfItsAdmission) {
  write({event(1, 0), event(2, kSliceMs - 1), event(3, kSliceMs), event(4, 5, "key_b")});
  for (const auto& spender :
       {kKeyA, Spender{SpentBy::kProject, "proj_of_org_1", ""},
        Spender{SpentBy::kProject, "proj_of_org_1", "gpt-4o-2024-08-06"},
        Spender{SpentBy::kOrganization, "org_1", ""}, Spender{SpentBy::kOwner, "user_1", ""}}) {
    const bool all = spender.by != SpentBy::kKey;
    const auto slices = query(spender, WallTime::min(), 24h);
    ASSERT_EQ(slices.size(), 2U);
    EXPECT_EQ(slices[0].begin, at(0));
    EXPECT_EQ(slices[0].end, at(kSliceMs));
    EXPECT_EQ(slices[0].charge, NanoUsd{charge_of(1) + charge_of(2) + (all ? charge_of(4) : 0)});
    EXPECT_EQ(slices[0].tokens,
              tokens_of_event(1) + tokens_of_event(2) + (all ? tokens_of_event(4) : 0));
    EXPECT_EQ(slices[0].requests, all ? 3 : 2);
    EXPECT_EQ(slices[1].begin, at(kSliceMs));
    EXPECT_EQ(slices[1].charge, NanoUsd{charge_of(3)});
    EXPECT_EQ(slices[1].requests, 1);
  }
  EXPECT_TRUE(query({SpentBy::kProject, "proj_of_org_1", "gpt-4o"}, {}, 24h).empty());
  EXPECT_TRUE(query({SpentBy::kOwner, "key_a", ""}, {}, 24h).empty());
}

TEST_F(SpentTest, ChargeBetweenTwoSlicesIsTheirSum) {
  write({event(1, -1), event(2, 0), event(3, kSliceMs), event(4, 2 * kSliceMs)});
  const auto between = [&](WallTime begin, WallTime end) {
    NanoUsd charge;
    EXPECT_TRUE(database_->read([&](soci::session& session) -> Result<void> {
      charge = charge_between(session, kKeyA, begin, end);
      return {};
    }));
    return charge;
  };
  EXPECT_EQ(between(at(0), at(2 * kSliceMs)), NanoUsd{charge_of(2) + charge_of(3)});
  EXPECT_EQ(between(WallTime::min(), WallTime::max()),
            NanoUsd{charge_of(1) + charge_of(2) + charge_of(3) + charge_of(4)});
  EXPECT_EQ(between(at(kSliceMs * 3), WallTime::max()), NanoUsd{0});
}

TEST_F(SpentTest, FromTheBeginningOfASliceOnItIsExact) {
  write({event(1, -1), event(2, 0), event(3, kSliceMs)});
  const auto slices = query(kKeyA, at(0), 24h);
  ASSERT_EQ(slices.size(), 2U);
  EXPECT_EQ(slices[0].charge, NanoUsd{charge_of(2)});
}

TEST_F(SpentTest, FromInsideASliceOnTheWholeSliceIsThere) {
  write({event(1, 0), event(2, 10)});
  const auto slices = query(kKeyA, at(5), 24h);
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(slices[0].charge, NanoUsd{charge_of(1) + charge_of(2)});
}

TEST_F(SpentTest, AGrainShorterThanASliceIsExactFromAnyInstantOn) {
  write({event(1, 999), event(2, 1'000), event(3, 60'999), event(4, 61'000),
         event(5, kSliceMs + 1'000), event(6, 61'000, "key_b")});
  const auto minutes = query(kKeyA, at(1'000), 1min);
  ASSERT_EQ(minutes.size(), 3U);
  EXPECT_EQ(minutes[0].begin, at(1'000));
  EXPECT_EQ(minutes[0].end, at(61'000));
  EXPECT_EQ(minutes[0].charge, NanoUsd{charge_of(2) + charge_of(3)});
  EXPECT_EQ(minutes[0].tokens, tokens_of_event(2) + tokens_of_event(3));
  EXPECT_EQ(minutes[0].requests, 2);
  EXPECT_EQ(minutes[1].begin, at(61'000));
  EXPECT_EQ(minutes[1].charge, NanoUsd{charge_of(4)});
  EXPECT_EQ(minutes[2].begin, at(kSliceMs + 1'000));
  EXPECT_EQ(minutes[2].charge, NanoUsd{charge_of(5)});
}

TEST_F(SpentTest, TheEventsOfEveryOrganizationCountForAnOwnerInSeveral) {
  write({event(1, 0, "key_a", "org_1"), event(2, 1, "key_b", "org_2")});
  const auto minutes = query({SpentBy::kOwner, "user_1", ""}, at(0), 1min);
  ASSERT_EQ(minutes.size(), 1U);
  EXPECT_EQ(minutes[0].charge, NanoUsd{charge_of(1) + charge_of(2)});
  const auto of_one = query({SpentBy::kOrganization, "org_2", ""}, at(0), 1min);
  ASSERT_EQ(of_one.size(), 1U);
  EXPECT_EQ(of_one[0].charge, NanoUsd{charge_of(2)});
}

TEST_F(SpentTest, ManyQuestionsAreAnsweredInTheirOrder) {
  write({event(1, 0), event(2, 70'000), event(3, 0, "key_b")});
  const Spender key_b{.by = SpentBy::kKey, .id = "key_b", .model = {}};
  const std::vector<SpentQuestion> questions{{kKeyA, at(0), 1min},
                                             {kKeyA, WallTime::min(), 24h},
                                             {key_b, at(0), 1s},
                                             {key_b, at(1), 1s},
                                             {kKeyA, at(60'000), 1s}};
  const auto answers = *query_spent(*database_, questions);
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0].size(), 2U);
  ASSERT_EQ(answers[1].size(), 1U);
  EXPECT_EQ(answers[1][0].charge, NanoUsd{charge_of(1) + charge_of(2)});
  ASSERT_EQ(answers[2].size(), 1U);
  EXPECT_EQ(answers[2][0].charge, NanoUsd{charge_of(3)});
  EXPECT_TRUE(answers[3].empty());
  ASSERT_EQ(answers[4].size(), 1U);
  EXPECT_EQ(answers[4][0].begin, at(70'000));
}

TEST_F(SpentTest, TestKeysSpendNothing) {
  auto test = event(1, 0);
  test.admission.test = true;
  write({test});
  EXPECT_TRUE(query(kKeyA, {}, 24h).empty());
  EXPECT_TRUE(query(kKeyA, at(0), 1s).empty());
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM spend_slices"), 0);
}

TEST_F(SpentTest, ACallThatWasSentAsNoModelCountsOnceForItsProject) {
  auto nameless = event(1, 0);
  nameless.admission.upstream_model.clear();
  write({nameless});
  const auto slices = query({SpentBy::kProject, "proj_of_org_1", ""}, {}, 24h);
  ASSERT_EQ(slices.size(), 1U);
  EXPECT_EQ(slices[0].charge, NanoUsd{charge_of(1)});
}

TEST_F(SpentTest, ATargetThatBrokeItsWordIsRememberedFromTheFirstTimeOn) {
  auto first = event(1, 5);
  auto second = event(2, 9);
  first.settlement.flags = second.settlement.flags = flag(EventFlag::kOverBound);
  write({event(3, 1), second, first});
  write({second});
  const auto broken = *broken_targets(*database_);
  ASSERT_EQ(broken.size(), 1U);
  EXPECT_EQ(broken[0].provider_id, "prov_1");
  EXPECT_EQ(broken[0].upstream_model, "gpt-4o-2024-08-06");
  EXPECT_EQ(broken[0].since, at(5));
}

}  // namespace
}  // namespace tg::ledger
