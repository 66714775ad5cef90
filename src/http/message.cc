// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <algorithm>

#include "http/scan.h"
#include "http/url.h"
#include "http/write.h"

namespace tg::http {

std::string_view Request::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [name](const OwnedField& each) {
    return equals_ignore_case(each.name, name);
  });
  return found == fields.end() ? std::string_view{} : std::string_view{found->value};
}

std::string_view Request::cookie(std::string_view name) const {
  // A sibling host can plant a second cookie of the same name beside ours (RFC 6265, 8.6). Which of
  // two is the right one cannot be told, so neither is taken.
  std::optional<std::string_view> value;
  for (const OwnedField& each : fields) {
    if (!equals_ignore_case(each.name, "cookie")) continue;
    for (std::string_view rest = each.value; !rest.empty();) {
      const auto pair = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
      const auto candidate = trim(pair.substr(equals + 1));
      if (value && candidate != *value) return {};
      value = candidate;
    }
  }
  return value.value_or(std::string_view{});
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (auto& [each, value] : parse_query(query)) {
    if (each == name) return std::move(value);
  }
  return std::nullopt;
}

}  // namespace tg::http
