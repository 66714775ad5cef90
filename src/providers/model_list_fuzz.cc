// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "providers/model_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto models = tg::providers::parse_model_list({reinterpret_cast<const char*>(data), size});
  if (models) {
    for (const auto& model : *models) TG_CHECK(tg::providers::is_model_name(model));
  }
  return 0;
}
