// SPDX-License-Identifier: Apache-2.0
#include "base/content_id.h"

#include <sodium.h>

#include <array>
#include <cstring>
#include <limits>

namespace tg {

std::int64_t content_id(std::string_view text) noexcept {
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::uint64_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  const auto kept = static_cast<std::int64_t>(number & std::numeric_limits<std::int64_t>::max());
  return kept == 0 ? 1 : kept;
}

}  // namespace tg
