// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshot_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "providers/object_keeper.h"
#include "providers/price_decisions.h"
#include "providers/price_text.h"
#include "providers/provider_records.h"
#include "store/test_folder.h"

namespace tg::providers {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr WallTime kToday{std::chrono::sys_days{2026y / std::chrono::November / 24}};

class SnapshotBuilder : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::Database::open(folder_.place());
    ASSERT_TRUE(opened) << opened.error().detail;
    database_ = *std::move(opened);
    catalogue_ = *Catalogue::load_embedded();
  }

  ProviderRecord add(std::string name, const Names& models,
                     std::string url = "https://api.openai.com/v1") {
    const ProviderSpec spec{.name = std::move(name),
                            .base_url = std::move(url),
                            .credential = SecretBytes{"sk-upstream"}};
    auto added = add_provider(*database_, master_key_, spec, models);
    TG_CHECK(added.has_value());
    return *std::move(added);
  }

  std::shared_ptr<const config::Snapshot> build(WallTime now = kToday) {
    auto built = build_snapshot(*database_, master_key_, *catalogue_, nullptr, now);
    TG_CHECK(built.has_value());
    return *std::move(built);
  }

  static std::string upstream_model(const config::Snapshot& snapshot, std::string_view asked) {
    const auto* route = snapshot.find_route(asked);
    return route ? route->targets.front().upstream_model : "(no route)";
  }
  static const std::string& default_of(const config::Snapshot& snapshot,
                                       openai::Endpoint endpoint) {
    return snapshot.default_models[static_cast<std::size_t>(endpoint)];
  }

  void expect_prices_of(const std::shared_ptr<const config::Model>& model,
                        std::string_view provider, std::string_view shipped) const {
    ASSERT_TRUE(model);
    const auto wanted = catalogue_->find(provider, shipped);
    ASSERT_TRUE(wanted);
    EXPECT_EQ(to_text(model->prices), to_text(wanted->prices));
    EXPECT_NE(model->price_id, 0);
  }

  store::TestFolder folder_;
  std::unique_ptr<store::Database> database_;
  SecretBytes master_key_ = SecretBytes::random(32);
  std::shared_ptr<const Catalogue> catalogue_;
};

TEST_F(SnapshotBuilder, WithoutAProviderRoutesNothing) {
  const auto snapshot = build();
  EXPECT_FALSE(snapshot->has_provider);
  EXPECT_TRUE(snapshot->routes.empty());
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kChatCompletions), "");
}

TEST_F(SnapshotBuilder, RoutesWhatAProviderListsAndNothingElse) {
  add("openai", {"gpt-4o", "acme-1"});
  const auto snapshot = build();
  EXPECT_TRUE(snapshot->has_provider);
  const auto* route = snapshot->find_route("gpt-4o");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->successor_of, "");
  const auto& target = route->targets.front();
  expect_prices_of(target.model, "openai", "gpt-4o");
  EXPECT_EQ(target.provider->host, "api.openai.com");
  EXPECT_EQ(target.provider->port, 443);
  EXPECT_TRUE(target.provider->tls);
  EXPECT_EQ(target.provider->path_prefix, "/v1");
  EXPECT_EQ(target.provider->credential.reveal(), "sk-upstream");
  EXPECT_FALSE(snapshot->find_route("gpt-5.4"));
}

TEST_F(SnapshotBuilder, RoutesAListedModelThatHasNoPriceAsUnpriced) {
  add("openai", {"acme-1"});
  const auto snapshot = build();
  ASSERT_TRUE(snapshot->find_route("acme-1"));
  EXPECT_FALSE(snapshot->find_route("acme-1")->targets.front().model);
}

TEST_F(SnapshotBuilder, PutsTheProviderFirstThatKeepsObjectsAndLeavesTheRoutes) {
  add("one", {"gpt-4o"});
  add("two", {"gpt-4o"});
  const auto before = build()->providers;  // in one millisecond, so by their ids
  ASSERT_EQ(before.size(), 2U);
  ASSERT_TRUE(choose_object_keeper(*database_, before[1]->id));
  const auto snapshot = build();
  EXPECT_EQ(snapshot->providers.front()->id, before[1]->id);
  EXPECT_EQ(snapshot->find_route("gpt-4o")->targets.front().provider->id, before[0]->id);
  ASSERT_TRUE(remove_provider(*database_, before[1]->name));
  EXPECT_EQ(build()->providers.front()->id, before[0]->id);
}

TEST_F(SnapshotBuilder, RoutesModerationThoughItCostsNothing) {
  add("openai", {"omni-moderation-latest"});
  EXPECT_TRUE(build()->find_route("omni-moderation-latest")->targets.front().model);
}

TEST_F(SnapshotBuilder, PricesADatedNameByItsBase) {
  add("openai", {"gpt-4o-mini-2031-01-02"});
  expect_prices_of(build()->find_route("gpt-4o-mini-2031-01-02")->targets.front().model, "openai",
                   "gpt-4o-mini");
}

TEST_F(SnapshotBuilder, WithoutAListRoutesEveryPricedModelOfTheCatalogue) {
  add("openai", {});
  const auto snapshot = build();
  for (const auto& model : catalogue_->models_of("openai")) {
    if (is_priced(*model)) EXPECT_TRUE(snapshot->find_route(model->name)) << model->name;
  }
  EXPECT_FALSE(snapshot->find_route("omni-moderation-latest"));
  EXPECT_FALSE(snapshot->find_route("claude-haiku-4-5"));
}

TEST_F(SnapshotBuilder, ARetiredNameGoesToItsSuccessorAndSaysSo) {
  add("openai", {});
  const auto snapshot = build();
  const auto* route = snapshot->find_route("gpt-4");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->model, "gpt-4");
  EXPECT_EQ(route->successor_of, "gpt-4");
  EXPECT_EQ(route->targets.front().upstream_model, "gpt-4.1");
  expect_prices_of(route->targets.front().model, "openai", "gpt-4.1");
  EXPECT_EQ(upstream_model(*snapshot, "dall-e-3"), "gpt-image-2");
  EXPECT_EQ(upstream_model(*snapshot, "gpt-3.5-turbo"), "gpt-4.1-mini");
}

TEST_F(SnapshotBuilder, BeforeTheDayThatItRetiresANameIsItsOwn) {
  add("openai", {});
  const auto snapshot = build(WallTime{std::chrono::sys_days{2026y / std::chrono::October / 22}});
  EXPECT_EQ(upstream_model(*snapshot, "gpt-4"), "gpt-4");
  EXPECT_EQ(snapshot->find_route("gpt-4")->successor_of, "");
}

TEST_F(SnapshotBuilder, ARetiredNameThatIsStillListedIsNotRedirected) {
  add("openai", {"gpt-4", "gpt-4.1"});
  ASSERT_TRUE(set_successor(*database_, "gpt-4", "gpt-4.1"));
  const auto snapshot = build();
  EXPECT_EQ(upstream_model(*snapshot, "gpt-4"), "gpt-4");
  EXPECT_EQ(snapshot->find_route("gpt-4")->successor_of, "");
}

TEST_F(SnapshotBuilder, ANameThatVanishedFromTheListTakesTheFirstSuccessorThatIsThere) {
  add("openai", {"gpt-4o-mini", "gpt-5.4"});
  const auto snapshot = build();
  EXPECT_EQ(upstream_model(*snapshot, "gpt-4"), "gpt-5.4");
  EXPECT_EQ(upstream_model(*snapshot, "gpt-3.5-turbo"), "gpt-4o-mini");
  EXPECT_EQ(upstream_model(*snapshot, "dall-e-3"), "(no route)");
}

TEST_F(SnapshotBuilder, WithoutASuccessorTheProviderItselfSaysThatAModelIsGone) {
  add("openai", {});
  ASSERT_TRUE(set_successor(*database_, "gpt-4", ""));
  const auto snapshot = build();
  EXPECT_EQ(upstream_model(*snapshot, "gpt-4"), "gpt-4");
  EXPECT_EQ(snapshot->find_route("gpt-4")->successor_of, "");
}

TEST_F(SnapshotBuilder, TheOperatorsSuccessorStandsAboveTheShippedOne) {
  add("openai", {"gpt-4.1", "gpt-4o"});
  ASSERT_TRUE(set_successor(*database_, "gpt-4", "gpt-4o"));
  ASSERT_TRUE(set_successor(*database_, "our-bot", "gpt-4.1"));
  const auto snapshot = build();
  EXPECT_EQ(upstream_model(*snapshot, "gpt-4"), "gpt-4o");
  EXPECT_EQ(upstream_model(*snapshot, "our-bot"), "gpt-4.1");
}

TEST_F(SnapshotBuilder, ARequestWithoutAModelMeansTheFirstThatIsServed) {
  add("openai", {"gpt-image-2", "whisper-1", "omni-moderation-latest"});
  auto snapshot = build();
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kImageGenerations), "gpt-image-2");
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kTranscriptions), "whisper-1");
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kModerations), "omni-moderation-latest");
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kEmbeddings), "");

  ASSERT_TRUE(set_default_model(*database_, openai::Endpoint::kImageGenerations, ""));
  ASSERT_TRUE(set_default_model(*database_, openai::Endpoint::kEmbeddings, "acme-embed"));
  snapshot = build();
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kImageGenerations), "");
  EXPECT_EQ(default_of(*snapshot, openai::Endpoint::kEmbeddings), "acme-embed");
}

TEST_F(SnapshotBuilder, HasADefaultForEachEndpointOfOpenAi) {
  add("openai", {});
  const auto snapshot = build();
  for (int i = 0; i < openai::kModelEndpointCount; ++i) {
    const auto endpoint = static_cast<openai::Endpoint>(i);
    if (endpoint == openai::Endpoint::kModerations) continue;  // unpriced: only where it is listed
    EXPECT_NE(default_of(*snapshot, endpoint), "") << openai::path(endpoint);
  }
}

TEST_F(SnapshotBuilder, AModelOfTwoProvidersTriesTheOlderFirst) {
  const auto first = add("first", {"gpt-4o"});
  const auto second = add("second", {"gpt-4o"}, "http://127.0.0.1:9000");
  const auto snapshot = build();
  const auto* route = snapshot->find_route("gpt-4o");
  ASSERT_TRUE(route);
  ASSERT_EQ(route->targets.size(), 2U);
  // Two that were made within one millisecond stand in the order of their ids.
  const auto ids = first.created_at < second.created_at || first.id < second.id
                       ? std::pair{first.id, second.id}
                       : std::pair{second.id, first.id};
  EXPECT_EQ(route->targets[0].provider->id, ids.first);
  EXPECT_EQ(route->targets[1].provider->id, ids.second);
}

TEST_F(SnapshotBuilder, TheOperatorsRouteReplacesWhatTheListsSay) {
  const auto first = add("first", {"gpt-4o", "gpt-4.1"});
  ASSERT_TRUE(set_route(*database_, "gpt-4o", {{first.id, "gpt-4.1"}}));
  ASSERT_TRUE(set_route(*database_, "house", {{first.id, "gpt-4o"}, {first.id, "gpt-4.1"}}));
  const auto snapshot = build();
  EXPECT_EQ(snapshot->find_route("gpt-4o")->targets.size(), 1U);
  EXPECT_EQ(upstream_model(*snapshot, "gpt-4o"), "gpt-4.1");
  EXPECT_EQ(snapshot->find_route("house")->targets.size(), 2U);
}

TEST_F(SnapshotBuilder, PricesByWhoStandsBehindTheAddress) {
  add("groq", {"llama-guard-3-8b"}, "https://api.groq.com/openai/v1");
  expect_prices_of(build()->find_route("llama-guard-3-8b")->targets.front().model, "groq",
                   "llama-guard-3-8b");
}

TEST_F(SnapshotBuilder, EachModelOfARouteHasItsSheet) {
  add("openai", {"gpt-4o", "gpt-4.1", "acme-1"});
  add("other", {"gpt-4o"});
  const auto snapshot = build();
  std::set<std::int64_t> sheets;
  for (const auto& sheet : snapshot->price_sheets) {
    EXPECT_TRUE(sheets.insert(sheet.id).second) << "each stands there once";
    EXPECT_EQ(sheet.model->price_id, sheet.id);
    EXPECT_EQ(sheet.catalogue_date, catalogue_->taken_on());
    EXPECT_EQ(sheet.valid_from, parse_utc(catalogue_->taken_on()));
  }
  for (const auto& [name, route] : snapshot->routes) {
    for (const auto& target : route.targets) {
      if (target.model) EXPECT_TRUE(sheets.contains(target.model->price_id)) << name;
    }
  }
  const auto& targets = snapshot->find_route("gpt-4o")->targets;
  EXPECT_NE(targets.front().model->price_id, targets.back().model->price_id);
  // The same is built with the same ids.
  EXPECT_EQ(build()->find_route("gpt-4o")->targets.front().model->price_id,
            targets.front().model->price_id);
}

TEST_F(SnapshotBuilder, APriceToComeEndsTheSnapshot) {
  const auto provider = add("openai", {"gpt-4o"});
  PriceDecision decision;
  decision.model = "gpt-4o";
  decision.kind = PriceKind::kFree;
  decision.decided_at = kToday;
  decision.valid_from = kToday + 24h;
  ASSERT_TRUE(decide_prices(*database_, {&decision, 1}));
  const auto before = build();
  EXPECT_EQ(before->prices_change_at, decision.valid_from);
  EXPECT_FALSE(before->find_route("gpt-4o")->targets.front().model->free);
  const auto after = build(decision.valid_from);
  EXPECT_EQ(after->prices_change_at, std::nullopt);
  EXPECT_TRUE(after->find_route("gpt-4o")->targets.front().model->free);
  const auto& sheets = after->price_sheets;
  const auto sheet =
      std::ranges::find(sheets, after->find_route("gpt-4o")->targets.front().model->price_id,
                        &config::PriceSheet::id);
  ASSERT_NE(sheet, sheets.end());
  EXPECT_EQ(sheet->source, config::PriceSource::kOperator);
  EXPECT_EQ(sheet->decision, 1);
  EXPECT_EQ(sheet->valid_from, decision.valid_from);
}

TEST_F(SnapshotBuilder, RefusesACredentialThatTheMasterKeyDoesNotOpen) {
  add("openai", {"gpt-4o"});
  const auto built =
      build_snapshot(*database_, SecretBytes::random(32), *catalogue_, nullptr, kToday);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, Code::kCorrupt);
}

TEST_F(SnapshotBuilder, ListsItsRedirectionsByName) {
  add("openai", {"gpt-4.1"});
  const auto all = redirections(*build());
  ASSERT_FALSE(all.empty());
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Redirection::asked));
  for (const auto& redirection : all) EXPECT_EQ(redirection.served, "gpt-4.1");
}

}  // namespace
}  // namespace tg::providers
