// SPDX-License-Identifier: Apache-2.0
#include "ledger/record.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

constexpr std::uint32_t kSalt = 0x5eed'5a17;
constexpr std::uint64_t kOffset = 256;
constexpr Place kPlace{.salt = kSalt, .offset = kOffset};

class RecordTest : public testing::Test {
 protected:
  std::byte* out() { return segment_.data() + kOffset; }
  void publish_at_place(std::size_t size) { publish(out(), size, kPlace); }
  ReadRecord read() { return read_record(segment_, kPlace); }

  alignas(8) std::array<std::byte, 4096> segment_{};
};

TEST_F(RecordTest, AnAdmissionReadsBackWhole) {
  const auto admission = test_admission(5);
  publish_at_place(write_admitted(out(), 77, admission));
  const auto read_back = read();
  ASSERT_EQ(read_back.reading, Reading::kRecord);
  EXPECT_EQ(read_back.record.type, RecordType::kAdmitted);
  EXPECT_EQ(read_back.record.sequence, 77U);
  const auto parsed = parse_admitted(read_back.record.payload);
  ASSERT_TRUE(parsed);
  expect_same(*parsed, admission);
}

TEST_F(RecordTest, ASettlementReadsBackWithItsAdmission) {
  const auto admission = test_admission(6);
  const auto settlement = test_settlement(6);
  publish_at_place(write_settled(out(), 78, admission, settlement));
  const auto parsed = parse_settled(read().record.payload);
  ASSERT_TRUE(parsed);
  expect_same(parsed->admission, admission);
  expect_same(parsed->settlement, settlement);
}

TEST_F(RecordTest, AChargeThatIsNotTheCostReadsBack) {
  const auto admission = with_own_charge(test_admission(5));
  publish_at_place(write_admitted(out(), 77, admission));
  expect_same(*parse_admitted(read().record.payload), admission);
  segment_ = {};
  publish_at_place(write_instalment(
      out(), 2, {.output_charge = NanoUsd{1}, .output_tokens = 7, .output_cost = NanoUsd{3}}));
  EXPECT_EQ(parse_instalment(read().record.payload)->output_cost, NanoUsd{3});
}

// As earlier versions wrote it: nothing behind its usual fields.
TEST_F(RecordTest, AnAdmissionWithoutAPriceSheetIsAsItAlwaysWas) {
  auto admission = test_admission(5);
  const auto with_sheet = write_admitted(out(), 77, admission);
  admission.price_id = 0;
  const auto size = write_admitted(out(), 77, admission);
  EXPECT_LT(size, with_sheet);
  publish_at_place(size);
  const auto parsed = parse_admitted(read().record.payload);
  ASSERT_TRUE(parsed);
  expect_same(*parsed, admission);
  EXPECT_TRUE(parsed->charges_as_cost());
  EXPECT_EQ(parsed->with_cost(NanoUsd{5}, NanoUsd{7}).cost, NanoUsd{5});
}

TEST_F(RecordTest, ASentAndAnInstalmentReadBack) {
  publish_at_place(write_sent(out(), 1));
  EXPECT_EQ(read().record.type, RecordType::kSent);
  EXPECT_EQ(read().record.size, kSentBytes);
  segment_ = {};
  publish_at_place(
      write_instalment(out(), 2, {.output_charge = NanoUsd{123'456'789}, .output_tokens = 77}));
  EXPECT_EQ(read().record.type, RecordType::kInstalment);
  const auto so_far = parse_instalment(read().record.payload);
  ASSERT_TRUE(so_far);
  EXPECT_EQ(so_far->output_charge, NanoUsd{123'456'789});
  EXPECT_EQ(so_far->output_tokens, 77);
}

TEST_F(RecordTest, TheLargestAndSmallestNumbersReadBack) {
  for (const auto number : {std::numeric_limits<std::int64_t>::max(), std::int64_t{-1},
                            std::numeric_limits<std::int64_t>::min(), std::int64_t{0},
                            std::int64_t{127}, std::int64_t{128}}) {
    segment_ = {};
    const auto size = write_instalment(out(), 3, {.output_charge = NanoUsd{number}});
    EXPECT_LE(padded(size), kInstalmentBytes);
    publish_at_place(size);
    EXPECT_EQ(parse_instalment(read().record.payload)->output_charge, NanoUsd{number});
  }
}

TEST_F(RecordTest, TextsAreCutAtTheirLimitAndTheLongestRecordFits) {
  auto admission = test_admission();
  const std::string longer(kTextBytesMax + 1, 'x');
  admission.key_id = admission.owner_id = admission.project_id = admission.organization_id =
      admission.provider_id = longer;
  admission.model = admission.upstream_model = longer;
  admission.held = admission.prompt_charge = admission.interrupted_charge = NanoUsd{-1};
  auto settlement = test_settlement();
  settlement.served_model = longer;
  settlement.cost = settlement.charge = settlement.would_have_cost = NanoUsd{-1};
  const auto size = write_settled(out(), 4, admission, settlement);
  EXPECT_LE(size, kRecordBytesMax);
  publish_at_place(size);
  const auto parsed = parse_settled(read().record.payload);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->admission.provider_id.view().size(), ShortText::kBytesMax);
  EXPECT_EQ(parsed->admission.model, longer.substr(1));
  EXPECT_EQ(parsed->settlement.served_model, longer.substr(1));
}

TEST_F(RecordTest, WhatIsNotPublishedIsNoRecord) {
  (void)write_admitted(out(), 5, test_admission());
  EXPECT_EQ(read().reading, Reading::kNothing);
}

TEST_F(RecordTest, AnyFlippedBitMakesItNoRecord) {
  const auto size = write_admitted(out(), 6, test_admission());
  publish_at_place(size);
  for (std::size_t bit = 0; bit < size * 8; ++bit) {
    const auto mask = std::byte{1} << (bit % 8);
    out()[bit / 8] ^= mask;
    EXPECT_NE(read().reading, Reading::kRecord) << bit;
    out()[bit / 8] ^= mask;
  }
  EXPECT_EQ(read().reading, Reading::kRecord);
}

TEST_F(RecordTest, ARecordCopiedToAnotherPlaceOrSegmentIsNoRecord) {
  const auto size = write_admitted(out(), 7, test_admission());
  publish_at_place(size);
  std::ranges::copy(std::span{segment_}.subspan(kOffset, padded(size)), segment_.data() + 2048);
  EXPECT_NE(read_record(segment_, {.salt = kSalt, .offset = 2048}).reading, Reading::kRecord);
  EXPECT_NE(read_record(segment_, {.salt = kSalt + 1, .offset = kOffset}).reading,
            Reading::kRecord);
}

TEST_F(RecordTest, ARecordThatIsCutOffAtAnyByteIsNoRecord) {
  const auto size = write_settled(out(), 8, test_admission(), test_settlement());
  publish_at_place(size);
  for (std::size_t kept = 0; kept < padded(size); ++kept) {
    const auto cut = read_record(std::span{segment_}.first(kOffset + kept), kPlace);
    EXPECT_NE(cut.reading, Reading::kRecord) << kept;
  }
}

TEST_F(RecordTest, APayloadOfTheWrongLengthOrFormIsRefused) {
  const auto size = write_settled(out(), 9, test_admission(), test_settlement());
  const auto payload = std::span<const std::byte>{segment_}.subspan(kOffset + kRecordHeadBytes,
                                                                    size - kRecordHeadBytes);
  ASSERT_TRUE(parse_settled(payload));
  for (std::size_t kept = 0; kept < payload.size(); ++kept) {
    EXPECT_FALSE(parse_settled(payload.first(kept))) << kept;
  }
  EXPECT_FALSE(parse_admitted(payload));
  EXPECT_FALSE(parse_instalment(payload));
}

}  // namespace
}  // namespace tg::ledger
