// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/snapshot.h"
#include "ledger/spent.h"
#include "ledger/usage_event.h"
#include "limits/rule.h"
#include "openai/request_peek.h"
#include "simulation/random.h"

// Who may call what in a history: a small organization, three models, and limits of every kind.
//
// Threading:  one thread.
namespace tg::simulation {

inline constexpr std::size_t kKeys = 3;
inline constexpr std::size_t kOwners = 2;
inline constexpr std::size_t kProjects = 2;

// What is asked for, and of which model.
struct Order {
  std::size_t key = 0;
  const config::Model* model = nullptr;
  openai::Endpoint endpoint{};
  openai::RequestPeek request;
  bool test = false;
};

// A key decides the rest.
[[nodiscard]] std::size_t owner_of(std::size_t key);
[[nodiscard]] std::size_t project_of(std::size_t key);
[[nodiscard]] ledger::Admission admission_of(const Order& order);

struct PlacedRule {
  limits::Rule rule;
  ledger::SpentBy by{};
  std::size_t place = 0;  // which key, owner or project
  [[nodiscard]] ledger::Spender spender() const;
  // Whether calls of this key and model count on it.
  [[nodiscard]] bool covers(const ledger::Admission& admission) const;
};

class World {
 public:
  World();
  [[nodiscard]] Order draw_order(Random& random) const;
  [[nodiscard]] PlacedRule draw_rule(Random& random);
  [[nodiscard]] static std::int64_t draw_amount(Random& random, limits::Metric metric);
  [[nodiscard]] const std::array<config::Model, 3>& models() const { return models_; }

 private:
  std::array<config::Model, 3> models_;
  int rules_ = 0;
};

}  // namespace tg::simulation
