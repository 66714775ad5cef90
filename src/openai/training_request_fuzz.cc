// SPDX-License-Identifier: Apache-2.0
// A request that is read says what is trained and how often; a line never counts more text than it
// has, nor less than none.
#include "base/result.h"
#include "openai/object_path.h"
#include "openai/training_request.h"

namespace tg::openai {

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto request = read_training_request(text)) {
    TG_CHECK(!request->model.empty() && is_object_id(request->training_file));
    TG_CHECK(request->validation_file.empty() || is_object_id(request->validation_file));
    TG_CHECK(request->epochs >= 0 && request->epochs <= 1'000);
    TG_CHECK(request->epochs > 0 || request->epochs_left_open);
  }
  if (const auto line = read_training_line(text)) {
    TG_CHECK(line->bytes >= 0 && line->bytes <= static_cast<std::int64_t>(size));
    TG_CHECK(line->images >= 0 && line->images <= static_cast<std::int64_t>(size));
  }
  return 0;
}

}  // namespace tg::openai
