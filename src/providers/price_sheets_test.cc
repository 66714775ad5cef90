// SPDX-License-Identifier: Apache-2.0
#include "providers/price_sheets.h"

#include <gtest/gtest.h>

#include "providers/price_text.h"
#include "store/test_folder.h"

namespace tg::providers {
namespace {

using config::Unit;

class PriceSheetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
  }

  static config::Model model(std::int64_t input) {
    return {.name = "m",
            .mode = "chat",
            .prices = {
                {.unit = Unit::kInputTextToken, .tier = "priority", .nanousd_per_million = input}}};
  }

  std::int64_t add(const config::Model& of, const PriceOrigin& origin = {},
                   const char* provider = "prov_1", const char* name = "m") {
    return sheets_.add(ProviderId{provider}, name, origin, of)->price_id;
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
  PriceSheets sheets_;
};

TEST_F(PriceSheetsTest, TheSameHasTheSameIdAndAnythingElseAnother) {
  const auto id = add(model(5));
  EXPECT_NE(id, 0);
  EXPECT_EQ(add(model(5)), id);
  std::set<std::int64_t> ids{id};
  auto other = model(5);
  other.free = true;
  ids.insert(add(other));
  other = model(5);
  other.mode = "moderation";
  ids.insert(add(other));
  ids.insert(add(model(6)));
  ids.insert(add(model(5), {}, "prov_2"));
  ids.insert(add(model(5), {}, "prov_1", "n"));
  ids.insert(add(model(5), {.catalogue_date = "2026-11-24"}));
  ids.insert(add(model(5), {.source = config::PriceSource::kOperator}));
  ids.insert(add(model(5), {.decision = 1}));
  ids.insert(add(model(5), {.valid_from = from_unix_ms(1)}));
  EXPECT_EQ(ids.size(), 10U);
  EXPECT_EQ(sheets_.take().size(), 10U);
}

TEST_F(PriceSheetsTest, IsReadAsItWasKeptOnceAndNeverChanged) {
  const PriceOrigin origin{.source = config::PriceSource::kOperator,
                           .decision = 7,
                           .valid_from = from_unix_ms(1'795'521'600'000)};
  const auto id = add(model(5), origin);
  const auto sheets = sheets_.take();
  std::set<std::int64_t> kept;
  ASSERT_TRUE(keep_price_sheets(*database_, sheets, kept));
  EXPECT_TRUE(kept.contains(id));
  kept.clear();  // as after a restart
  ASSERT_TRUE(keep_price_sheets(*database_, sheets, kept));

  const auto read = find_price_sheet(*database_, id);
  ASSERT_TRUE(read && *read);
  const auto& sheet = **read;
  EXPECT_EQ(sheet.id, id);
  EXPECT_EQ(sheet.provider_id, "prov_1");
  EXPECT_EQ(sheet.upstream_model, "m");
  EXPECT_EQ(sheet.source, config::PriceSource::kOperator);
  EXPECT_EQ(sheet.catalogue_date, "");
  EXPECT_EQ(sheet.decision, 7);
  EXPECT_EQ(sheet.valid_from, origin.valid_from);
  EXPECT_EQ(sheet.model->mode, "chat");
  EXPECT_EQ(sheet.model->price_id, id);
  EXPECT_EQ(to_text(sheet.model->prices), to_text(model(5).prices));
  const auto none = find_price_sheet(*database_, id + 1);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

}  // namespace
}  // namespace tg::providers
