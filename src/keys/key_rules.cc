// SPDX-License-Identifier: Apache-2.0
#include "keys/key_rules.h"

#include <algorithm>

namespace tg::keys {

bool names_model(const std::vector<std::string>& patterns, std::string_view model) noexcept {
  return std::ranges::any_of(patterns, [model](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == model;
    pattern.remove_suffix(1);
    return model.starts_with(pattern);
  });
}

bool KeyRules::allows_address(std::string_view text) const {
  if (addresses.empty()) return true;
  const auto address = Address::parse(text);
  return address && std::ranges::any_of(addresses, [&](const AddressRange& range) {
           return range.contains(*address);
         });
}

}  // namespace tg::keys
