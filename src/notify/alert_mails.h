// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "identity/limits.h"
#include "notify/alert_rules.h"
#include "notify/alerts.h"
#include "notify/mail.h"

// What people are told when money is being spent: who has spent it, what was to be told, how much
// it is by now, in which time and when that ends, and where to look.
//
// Threading:  pure.
namespace tg::notify {

struct AlertFacts {
  Alert alert;
  std::optional<limits::Rule> limit;  // that the alert is about
  std::string target_name;
  std::string organization_name;
  Threshold reached;
  NanoUsd spent;
  AlertWindow window;
  WallTime now;
};
// Without a recipient. `console_url` is the console's own address.
[[nodiscard]] Mail alert_mail(const AlertFacts& facts, const std::string& console_url);

struct CreditFacts {
  identity::LimitScope scope = identity::LimitScope::kOrganization;
  std::string target_id;
  std::string target_name;
  NanoUsd granted;
  NanoUsd left;
};
// Of models, each with an organization that called it.
[[nodiscard]] Mail unpriced_mail(const std::map<std::string, std::string>& calls,
                                 const std::string& console_url);

[[nodiscard]] Mail credit_mail(const CreditFacts& facts, const std::string& console_url);

}  // namespace tg::notify
