// SPDX-License-Identifier: Apache-2.0
#include "admin/openapi_document.h"

#include <cstdint>

extern "C" {
extern const unsigned char openapi_json[];
extern const std::uint64_t openapi_json_size;
}

namespace tg::admin {

std::string_view openapi_document() noexcept {
  return {reinterpret_cast<const char*>(openapi_json), openapi_json_size};
}

}  // namespace tg::admin
