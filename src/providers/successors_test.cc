// SPDX-License-Identifier: Apache-2.0
#include "providers/successors.h"

#include <gtest/gtest.h>

#include <set>

#include "openai/endpoint.h"
#include "providers/catalogue.h"

namespace tg::providers {
namespace {

// Three months after the day on which the lists were made (2026-11-24): a successor that is
// switched off before an operator has met it helps nobody.
constexpr std::string_view kSoon = "2027-02-24";

class ShippedSuccessors : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loaded = Successors::load_embedded();
    ASSERT_TRUE(loaded);
    successors_ = *std::move(loaded);
    auto catalogue = Catalogue::load_embedded();
    ASSERT_TRUE(catalogue);
    catalogue_ = *std::move(catalogue);
  }

  Successors successors_;
  std::shared_ptr<const Catalogue> catalogue_;
};

TEST_F(ShippedSuccessors, AreKnownAndDoNotRetireSoon) {
  for (const auto& entry : successors_.retired) {
    const auto& first = entry.candidates.front();
    const auto model = catalogue_->find("openai", first);
    ASSERT_TRUE(model) << entry.name << " -> " << first;
    EXPECT_FALSE(is_retired(*model, kSoon)) << entry.name << " -> " << first;
    if (model->mode != "moderation") EXPECT_TRUE(is_priced(*model)) << first;
  }
}

TEST_F(ShippedSuccessors, NameEachRetiredModelOnceAndNeverItself) {
  std::set<std::string> names;
  for (const auto& entry : successors_.retired) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    for (const auto& candidate : entry.candidates) EXPECT_NE(candidate, entry.name);
  }
}

TEST_F(ShippedSuccessors, CoverTheNamesOfTheTutorials) {
  std::set<std::string> names;
  for (const auto& entry : successors_.retired) names.insert(entry.name);
  for (const auto* name :
       {"gpt-4", "gpt-4-32k", "gpt-4-0613", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-3.5-turbo-0613",
        "text-davinci-003", "dall-e-2", "dall-e-3", "gpt-image-1", "text-embedding-ada-002"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST_F(ShippedSuccessors, OfTutorialsChatModelsDoNotReason) {
  for (const auto& entry : successors_.retired) {
    if (!entry.name.starts_with("gpt-4") && !entry.name.starts_with("gpt-3.5-turbo-0")) continue;
    const auto asked = catalogue_->find("openai", entry.name);
    if (!asked || asked->mode != "chat" || asked->reasons) continue;
    const auto model = catalogue_->find("openai", entry.candidates.front());
    EXPECT_FALSE(model->reasons) << entry.name << " -> " << model->name;
  }
}

TEST_F(ShippedSuccessors, HaveADefaultForEachEndpoint) {
  std::set<std::string> paths;
  for (const auto& entry : successors_.defaults) paths.insert(entry.name);
  for (int i = 0; i < openai::kModelEndpointCount; ++i) {
    EXPECT_TRUE(paths.contains(std::string{openai::path(static_cast<openai::Endpoint>(i))}));
  }
  EXPECT_EQ(paths.size(), static_cast<std::size_t>(openai::kModelEndpointCount));
}

TEST(Successors, ReadsKindNameAndCandidates) {
  const auto read = Successors::load("# why\n\nretired\ta\tb c\ndefault\t/v1/x\td\n");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->retired.size(), 1U);
  EXPECT_EQ(read->retired[0].candidates, (std::vector<std::string>{"b", "c"}));
  ASSERT_EQ(read->defaults.size(), 1U);
  EXPECT_EQ(read->defaults[0].name, "/v1/x");
}

TEST(Successors, RefusesALineWithoutCandidatesOrOfAnotherKind) {
  for (const auto* line : {"retired\ta\n", "retired\t\tb\n", "other\ta\tb\n", "retired a b\n"}) {
    const auto read = Successors::load(line);
    ASSERT_FALSE(read) << line;
    EXPECT_EQ(read.error().code, Code::kCorrupt);
  }
}

}  // namespace
}  // namespace tg::providers
