// SPDX-License-Identifier: Apache-2.0
#include "gateway/served_model.h"

#include <gtest/gtest.h>

namespace tg::gateway {
namespace {

class ServedModels : public testing::Test {
 protected:
  ServedModels() {
    add("gpt-4.1", mine_, "gpt-4.1");
    add("gpt-4.1-mini", mine_, "gpt-4.1-mini");
    add("house", mine_, "prod-deployment")->own_name = true;
    add("barn", mine_, "barn")->own_name = true;
    add("elsewhere", other_, "elsewhere");
    snapshot_.models.emplace("gpt-5", std::make_shared<config::Model>("gpt-5"));
  }

  std::shared_ptr<config::Model> add(const std::string& asked,
                                     std::shared_ptr<const config::Provider> provider,
                                     const std::string& upstream_model) {
    auto model = std::make_shared<config::Model>(upstream_model);
    auto& route = snapshot_.routes[asked];
    route.model = asked;
    route.targets.push_back({.provider = std::move(provider),
                             .upstream_model = upstream_model,
                             .model = model,
                             .state = nullptr});
    return model;
  }

  ServedModel served(const std::string& asked, std::string_view name) {
    return find_served(snapshot_, snapshot_.routes[asked].targets.front(), asked, name);
  }

  std::shared_ptr<const config::Provider> mine_ = std::make_shared<config::Provider>();
  std::shared_ptr<const config::Provider> other_ = std::make_shared<config::Provider>();
  config::Snapshot snapshot_;
};

TEST_F(ServedModels, TheSameIsNoMismatch) {
  for (const auto* name : {"", "gpt-4.1", "gpt-4.1-2025-04-14", "openai/gpt-4.1"}) {
    EXPECT_FALSE(served("gpt-4.1", name).mismatch) << name;
  }
  // By the client's name or by the provider's.
  EXPECT_FALSE(served("house", "prod-deployment").mismatch);
  EXPECT_FALSE(served("house", "house").mismatch);
}

TEST_F(ServedModels, AnotherIsPricedAsItIsAtTheSameProvider) {
  const auto found = served("gpt-4.1", "gpt-4.1-mini-2025-04-14");
  EXPECT_TRUE(found.mismatch);
  EXPECT_EQ(found.prices->name, "gpt-4.1-mini");
  EXPECT_EQ(served("gpt-4.1", "gpt-5-2025-08-07").prices->name, "gpt-5");
}

TEST_F(ServedModels, AnotherWithoutAPriceThereHasNone) {
  for (const auto* name : {"elsewhere", "unknown"}) {
    const auto found = served("gpt-4.1", name);
    EXPECT_TRUE(found.mismatch) << name;
    EXPECT_FALSE(found.prices) << name;
  }
}

TEST_F(ServedModels, ADeploymentKeepsItsPriceWhateverRunsInIt) {
  const auto found = served("house", "gpt-4.1");
  EXPECT_TRUE(found.mismatch);
  EXPECT_FALSE(found.prices);
  EXPECT_EQ(served("house", "barn").prices->name, "barn");
}

}  // namespace
}  // namespace tg::gateway
