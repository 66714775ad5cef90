// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <string>

// Values as PostgreSQL's binary formats have them: the most significant byte first.
namespace tg::store {

template <class Number>
void append_big_endian(std::string& data, Number number) {
  static_assert(std::endian::native == std::endian::little);
  number = std::byteswap(number);
  data.append(reinterpret_cast<const char*>(&number), sizeof number);
}

}  // namespace tg::store
