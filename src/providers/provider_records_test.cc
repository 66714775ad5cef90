// SPDX-License-Identifier: Apache-2.0
#include "providers/provider_records.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include "store/test_folder.h"

namespace tg::providers {
namespace {

using Names = std::vector<std::string>;

class ProviderRecords : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
  }

  static ProviderSpec spec(std::string name, std::string_view credential = "sk-upstream-secret") {
    return {.name = std::move(name),
            .base_url = "https://API.openai.com:443/v1/",
            .credential = SecretBytes{credential}};
  }

  ProviderRecord add(std::string name, const Names& models = {}) {
    auto added = add_provider(*database_, master_key_, spec(std::move(name)), models);
    TG_CHECK(added.has_value());
    return *std::move(added);
  }

  Result<ProviderRecord> update(const ProviderRecord& provider, const ProviderChange& change) {
    return update_provider(*database_, master_key_, provider, change);
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
  SecretBytes master_key_ = SecretBytes::random(32);
};

TEST_F(ProviderRecords, KeepsWhatWasAdded) {
  const auto added = add("openai", {"gpt-4o", "gpt-4.1"});
  const auto records = list_providers(*database_);
  ASSERT_TRUE(records) << records.error().detail;
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().id, added.id);
  EXPECT_EQ(records->front().name, "openai");
  EXPECT_EQ(records->front().base_url, "https://api.openai.com/v1");
  EXPECT_EQ(records->front().listed_models, 2U);
  EXPECT_TRUE(records->front().has_credential);
  EXPECT_EQ(records->front().created_at, added.created_at);
  EXPECT_EQ(*listed_models(*database_, added.id), (Names{"gpt-4o", "gpt-4.1"}));
}

TEST_F(ProviderRecords, StoresTheCredentialSealed) {
  const auto added = add("openai");
  std::string stored;
  ASSERT_TRUE(database_->read([&](soci::session& sql) -> Result<void> {
    sql << "SELECT sealed_credential FROM providers", soci::into(stored);
    return {};
  }));
  EXPECT_FALSE(stored.empty());
  EXPECT_FALSE(stored.contains("sk-upstream-secret"));
  EXPECT_EQ(provider_credential(*database_, master_key_, added.id)->reveal(), "sk-upstream-secret");
  EXPECT_EQ(provider_credential(*database_, SecretBytes::random(32), added.id).error().code,
            Code::kCorrupt);
}

TEST_F(ProviderRecords, NeedNoCredential) {
  const auto added = add_provider(*database_, master_key_, spec("local", ""), {});
  ASSERT_TRUE(added);
  EXPECT_FALSE(added->has_credential);
  EXPECT_TRUE(provider_credential(*database_, master_key_, added->id)->empty());
}

TEST_F(ProviderRecords, RefuseACredentialThatIsMaskedOrOneOfOurs) {
  for (const auto* credential : {"sk-...abcd", "sk-****************abcd", "sk-tg-proj-abc",
                                 "sk-\u2026abcd", "sk-\u2022\u2022\u2022", "sk-a b", "sk-a\n"}) {
    const auto added = add_provider(*database_, master_key_, spec("openai", credential), {});
    ASSERT_FALSE(added) << credential;
    EXPECT_EQ(added.error().code, Code::kConfiguration);
  }
  EXPECT_TRUE(list_providers(*database_)->empty());
}

TEST_F(ProviderRecords, RefuseNamesAndAddressesThatCannotBeMeant) {
  for (const auto* name : {"", "Open AI", "a/b", "ä"}) EXPECT_FALSE(check(spec(name))) << name;
  for (const auto* url : {"", "api.openai.com", "ftp://a", "https://u:p@a", "https://a?b"}) {
    auto bad = spec("openai");
    bad.base_url = url;
    EXPECT_FALSE(check(bad)) << url;
  }
  auto sandbox = spec("sandbox");
  sandbox.kind = config::ProviderKind::kSandbox;
  EXPECT_FALSE(check(sandbox));
}

TEST_F(ProviderRecords, RefuseANameThatIsTaken) {
  add("openai");
  const auto again = add_provider(*database_, master_key_, spec("openai"), {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
}

TEST_F(ProviderRecords, AreRemovedWithAllThatHangsOnThem) {
  const auto first = add("first", {"a"});
  add("second", {"b"});
  ASSERT_TRUE(set_route(*database_, "x", {{first.id, "a"}}));
  ASSERT_TRUE(remove_provider(*database_, "first"));
  EXPECT_EQ(list_providers(*database_)->size(), 1U);
  EXPECT_TRUE(listed_models(*database_, first.id)->empty());
  EXPECT_TRUE(list_route_overrides(*database_)->empty());
  EXPECT_EQ(remove_provider(*database_, "first").error().code, Code::kNotFound);
}

TEST_F(ProviderRecords, ReplaceTheirList) {
  const auto added = add("openai", {"a", "b"});
  const auto updated = update(added, {.models = Names{"c"}});
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->listed_models, 1U);
  EXPECT_EQ(*listed_models(*database_, added.id), Names{"c"});
  EXPECT_FALSE(update(added, {.models = Names{"not a name"}}));
  EXPECT_EQ(*listed_models(*database_, added.id), Names{"c"});
  ASSERT_TRUE(remove_provider(*database_, "openai"));
  EXPECT_EQ(update(added, {.models = Names{"c"}}).error().code, Code::kNotFound);
}

TEST_F(ProviderRecords, AnotherCredentialIsSealedInThePlaceOfTheOld) {
  const auto added = add("openai", {"a"});
  ASSERT_TRUE(update(added, {.credential = SecretBytes{std::string_view{"sk-new"}}}));
  EXPECT_EQ(provider_credential(*database_, master_key_, added.id)->reveal(), "sk-new");
  EXPECT_EQ(*listed_models(*database_, added.id), Names{"a"});
  const auto without = update(added, {.credential = SecretBytes{}});
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->has_credential);
  EXPECT_TRUE(provider_credential(*database_, master_key_, added.id)->empty());
  for (const std::string_view wrong : {"sk-...abcd", "sk-tg-mine", "two words"}) {
    EXPECT_EQ(update(added, {.credential = SecretBytes{wrong}}).error().code, Code::kConfiguration);
  }
}

TEST_F(ProviderRecords, ACredentialIsNotSentToAnotherAddressThanItWasGivenFor) {
  const auto added = add("openai");
  EXPECT_TRUE(update(added, {.base_url = "https://api.openai.com/v1/"})) << "the same";
  const std::string other{"https://elsewhere.example.com/v1"};
  EXPECT_EQ(update(added, {.base_url = other}).error().code, Code::kConfiguration);
  EXPECT_EQ(update(added, {.base_url = "nowhere"}).error().code, Code::kConfiguration);
  EXPECT_EQ(list_providers(*database_)->front().base_url, added.base_url);
  const auto moved =
      update(added, {.base_url = other, .credential = SecretBytes{std::string_view{"sk-other"}}});
  ASSERT_TRUE(moved);
  EXPECT_EQ(list_providers(*database_)->front().base_url, other);
  // Who read it before it moved would bring the old address back, and send it the new credential.
  EXPECT_EQ(update(added, {.models = Names{"a"}}).error().code, Code::kConflict);
  EXPECT_EQ(update(added, {.base_url = added.base_url}).error().code, Code::kConflict);
  EXPECT_EQ(list_providers(*database_)->front().base_url, other);
  EXPECT_TRUE(update(*moved, {.models = Names{"a"}}));
}

TEST_F(ProviderRecords, RoutesKeepTheOrderOfTheirTargetsAndAreUndone) {
  const auto first = add("first");
  const auto second = add("second");
  ASSERT_TRUE(set_route(*database_, "m", {{second.id, "b"}, {first.id, "a"}}));
  const auto routes = list_route_overrides(*database_);
  ASSERT_EQ(routes->size(), 2U);
  EXPECT_EQ((*routes)[0].provider, second.id);
  EXPECT_EQ((*routes)[1].upstream_model, "a");
  EXPECT_EQ(set_route(*database_, "m", {{ProviderId{"provider_x"}, "b"}}).error().code,
            Code::kNotFound);
  EXPECT_EQ(list_route_overrides(*database_)->size(), 2U)
      << "a refused change leaves all as it was";
  ASSERT_TRUE(set_route(*database_, "m", {}));
  EXPECT_TRUE(list_route_overrides(*database_)->empty());
}

TEST_F(ProviderRecords, SuccessorsAndDefaultsAreSetReplacedAndReset) {
  ASSERT_TRUE(set_successor(*database_, "gpt-4", "acme-1"));
  ASSERT_TRUE(set_successor(*database_, "gpt-4", ""));
  const auto successors = list_successors(*database_);
  ASSERT_EQ(successors->size(), 1U);
  EXPECT_EQ(successors->front().successor, "");
  EXPECT_FALSE(set_successor(*database_, "gpt-4", "gpt-4"));
  ASSERT_TRUE(reset_successor(*database_, "gpt-4"));
  EXPECT_TRUE(list_successors(*database_)->empty());

  ASSERT_TRUE(set_default_model(*database_, openai::Endpoint::kEmbeddings, "acme-embed"));
  const auto defaults = list_default_models(*database_);
  ASSERT_EQ(defaults->size(), 1U);
  EXPECT_EQ(defaults->front().endpoint, openai::Endpoint::kEmbeddings);
  EXPECT_EQ(defaults->front().model, "acme-embed");
  ASSERT_TRUE(reset_default_model(*database_, openai::Endpoint::kEmbeddings));
  EXPECT_TRUE(list_default_models(*database_)->empty());
}

}  // namespace
}  // namespace tg::providers
