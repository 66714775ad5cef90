// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include <array>

#include "base/encoding.h"

namespace tg {

std::string make_id(std::string_view prefix) {
  std::array<char, 22> random{};  // 22 × log2(62) = 131 bits
  random_base62(random);
  std::string id;
  id.reserve(prefix.size() + random.size());
  id.append(prefix).append(random.data(), random.size());
  return id;
}

}  // namespace tg
