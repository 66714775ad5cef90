// SPDX-License-Identifier: Apache-2.0
#include "simulation/world.h"

#include <utility>

namespace tg::simulation {
namespace {

using config::Unit;
using ledger::SpentBy;
using limits::Metric;
using limits::Period;
using limits::Window;

constexpr const char* kOrganization = "org_1";
constexpr const char* kProvider = "prov_1";

std::string numbered(const char* kind, std::size_t number) { return kind + std::to_string(number); }

std::string id_of(SpentBy by, std::size_t place) {
  switch (by) {
    case SpentBy::kKey: return numbered("key_", place);
    case SpentBy::kProject: return numbered("proj_", place);
    case SpentBy::kOwner: return numbered("user_", place);
    case SpentBy::kOrganization: break;
  }
  return kOrganization;
}

config::Price price(Unit unit, std::int64_t nanousd_per_million) {
  return {.unit = unit,
          .tier = {},
          .size = {},
          .quality = {},
          .above_input_tokens = 0,
          .nanousd_per_million = nanousd_per_million};
}

constexpr std::array kZones{"Europe/Berlin", "America/New_York", "Asia/Kathmandu",
                            "Australia/Lord_Howe"};

}  // namespace

std::size_t owner_of(std::size_t key) { return key == 0 ? 0 : 1; }
std::size_t project_of(std::size_t key) { return key == 2 ? 1 : 0; }

ledger::Admission admission_of(const Order& order) {
  ledger::Admission admission;
  admission.endpoint = order.endpoint;
  admission.stream = order.request.stream;
  admission.test = order.test;
  admission.key_id = id_of(SpentBy::kKey, order.key);
  admission.owner_id = id_of(SpentBy::kOwner, owner_of(order.key));
  admission.project_id = id_of(SpentBy::kProject, project_of(order.key));
  admission.organization_id = kOrganization;
  admission.model = order.model->name;
  admission.upstream_model = order.model->name;
  admission.provider_id = kProvider;
  return admission;
}

ledger::Spender PlacedRule::spender() const {
  return {.by = by, .id = id_of(by, place), .model = rule.model};
}

bool PlacedRule::covers(const ledger::Admission& admission) const {
  if (admission.test) return false;
  if (!rule.model.empty() && rule.model != admission.upstream_model) return false;
  const auto id = id_of(by, place);
  switch (by) {
    case SpentBy::kKey: return admission.key_id == id;
    case SpentBy::kProject: return admission.project_id == id;
    case SpentBy::kOwner: return admission.owner_id == id;
    case SpentBy::kOrganization: break;
  }
  return true;
}

World::World() {
  auto& chat = models_[0];
  chat.name = "chat";
  chat.mode = "chat";
  chat.input_tokens_max = 128'000;
  chat.output_tokens_max = 128'000;
  chat.prices = {price(Unit::kInputTextToken, 2'500'000'001),
                 price(Unit::kCachedInputTextToken, 1'250'000'000),
                 price(Unit::kOutputTextToken, 10'000'000'003)};
  auto& reasoner = models_[1];
  reasoner.name = "reasoner";
  reasoner.mode = "chat";
  reasoner.input_tokens_max = 200'000;
  reasoner.output_tokens_max = 32'768;
  reasoner.reasons = true;
  reasoner.prices = {price(Unit::kInputTextToken, 1'100'000'000),
                     price(Unit::kOutputTextToken, 4'400'000'000)};
  auto& embedder = models_[2];
  embedder.name = "embedder";
  embedder.mode = "embedding";
  embedder.input_tokens_max = 8'192;
  embedder.prices = {price(Unit::kInputTextToken, 20'000'000)};
}

Order World::draw_order(Random& random) const {
  Order order;
  order.key = static_cast<std::size_t>(random.below(kKeys));
  const auto kind = random.below(10);
  order.model = &models_[kind < 6 ? 0 : kind < 9 ? 1 : 2];
  order.endpoint = kind == 9 ? openai::Endpoint::kEmbeddings : openai::Endpoint::kChatCompletions;
  order.test = random.chance(5);
  auto& request = order.request;
  request.model = order.model->name;
  request.input_bytes = random.between(1, 400) + random.skewed(20'000);
  if (kind == 9) return order;
  request.stream = random.chance(75);
  if (random.chance(40)) request.output_tokens_max = random.between(1, 64) + random.skewed(20'000);
  if (random.chance(10)) request.choices = 2;
  return order;
}

PlacedRule World::draw_rule(Random& random) {
  PlacedRule placed;
  placed.by = static_cast<SpentBy>(random.below(4));
  if (placed.by == SpentBy::kKey) placed.place = static_cast<std::size_t>(random.below(kKeys));
  if (placed.by == SpentBy::kOwner) placed.place = static_cast<std::size_t>(random.below(kOwners));
  if (placed.by == SpentBy::kProject) {
    placed.place = static_cast<std::size_t>(random.below(kProjects));
  }
  auto& rule = placed.rule;
  rule.id = "limit_" + std::to_string(++rules_);
  if (placed.by == SpentBy::kProject && random.chance(40)) {
    rule.model = models_[static_cast<std::size_t>(random.below(2))].name;
  }
  const auto metric = random.below(10);
  rule.metric = metric < 5   ? Metric::kMoney
                : metric < 7 ? Metric::kTokens
                : metric < 9 ? Metric::kRequests
                             : Metric::kConcurrency;
  rule.period =
      rule.metric == Metric::kConcurrency ? Period::kTotal : static_cast<Period>(random.below(8));
  if (rule.period != Period::kTotal) rule.window = static_cast<Window>(random.below(3));
  if (rule.window == Window::kCalendar && random.chance(30)) {
    rule.time_zone = kZones.at(static_cast<std::size_t>(random.below(kZones.size())));
  }
  rule.amount = draw_amount(random, rule.metric);
  rule.hard = random.chance(85);
  rule.trusts_upstream = random.chance(70);
  return placed;
}

// From what refuses nearly everything to what refuses little.
std::int64_t World::draw_amount(Random& random, Metric metric) {
  switch (metric) {
    case Metric::kMoney: return random.between(1, 50'000'000) + random.skewed(4'000'000'000);
    case Metric::kTokens: return random.between(1, 5'000) + random.skewed(600'000);
    case Metric::kRequests: return random.between(1, 40);
    case Metric::kConcurrency:
    case Metric::kImages:
    case Metric::kAudio: break;
  }
  return random.between(1, 6);
}

}  // namespace tg::simulation
