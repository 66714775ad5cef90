// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "base/ids.h"

// Parts of audit entries' details that several changes have.
//
// Threading:  pure.
namespace tg::identity {

// The ids of keys that ended with their owner: 100 of them at most, since a detail has an end.
[[nodiscard]] inline nlohmann::json id_texts(const std::vector<KeyId>& keys) {
  constexpr std::size_t kKeysMax = 100;
  auto texts = nlohmann::json::array();
  for (const auto& key : keys) {
    if (texts.size() == kKeysMax) break;
    texts.push_back(key.text());
  }
  return texts;
}

}  // namespace tg::identity
