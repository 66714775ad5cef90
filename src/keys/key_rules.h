// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "keys/address.h"

// What a key or a project may be used for, beyond being alive. Made on a control thread, read by
// every call, never changed: a change is a new one.
//
// Threading:  immutable.
namespace tg::keys {

// "gpt-5" is that model; "gpt-5*" is every model whose name begins so.
[[nodiscard]] bool names_model(const std::vector<std::string>& patterns,
                               std::string_view model) noexcept;

struct KeyRules {
  // Bits as openai/scopes.h has them. kListModels: GET /v1/models may be called.
  static constexpr std::uint64_t kListModels = std::uint64_t{1} << 63;
  std::uint64_t endpoints = ~std::uint64_t{0};
  std::vector<std::string> models;      // none: all
  std::vector<AddressRange> addresses;  // none: anywhere

  [[nodiscard]] bool allows_endpoint(std::uint64_t bit) const noexcept {
    return (endpoints & bit) != 0;
  }
  [[nodiscard]] bool lists_models() const noexcept { return (endpoints & kListModels) != 0; }
  [[nodiscard]] bool allows_model(std::string_view model) const noexcept {
    return models.empty() || names_model(models, model);
  }
  // False for an address that cannot be read.
  [[nodiscard]] bool allows_address(std::string_view text) const;
};

// A project's models.
struct ModelRules {
  bool is_allow_list = false;  // else what is named is denied
  std::vector<std::string> models;

  [[nodiscard]] bool allows(std::string_view model) const noexcept {
    return names_model(models, model) == is_allow_list;
  }
};

}  // namespace tg::keys
