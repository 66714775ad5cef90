// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "keys/key_rules.h"

// What a key is narrowed to, as people write it; and the rules that calls are checked by.
//
// Threading:  pure.
// Limits:     32 scopes, 32 endpoints, 100 models, 100 address ranges; a model's name ≤ 128 bytes.
// Errors:     kFieldInvalid: an unknown scope or endpoint, an address range that is none.
namespace tg::identity {

// 1 to 128 bytes of plain text, a '*' only at its end: how keys and projects name models.
[[nodiscard]] bool is_model_pattern(const std::string& text);

// Each list empty: nothing is narrowed by it. OpenAI's `scopes: []` means all, too.
struct KeyRestrictions {
  std::vector<std::string> scopes{};     // "api.model.request"
  std::vector<std::string> endpoints{};  // "/v1/chat/completions", "/v1/models"
  std::vector<std::string> models{};     // "gpt-5", "gpt-5*"
  std::vector<std::string> addresses{};  // "203.0.113.0/24", "2001:db8::1"

  friend bool operator==(const KeyRestrictions&, const KeyRestrictions&) = default;
};

// Which of the four lists is wrong, and why.
struct RestrictionFault {
  const char* field;
  std::string value;
};
[[nodiscard]] std::vector<RestrictionFault> faults_of(const KeyRestrictions& restrictions);

// Null where nothing is narrowed. The restrictions have no faults.
[[nodiscard]] std::shared_ptr<const keys::KeyRules> to_rules(const KeyRestrictions& restrictions);

// As the database has them; "" for none.
[[nodiscard]] std::string to_text(const KeyRestrictions& restrictions);
[[nodiscard]] Result<KeyRestrictions> parse_restrictions(std::string_view text);

}  // namespace tg::identity
