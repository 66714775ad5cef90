// SPDX-License-Identifier: Apache-2.0
// Whatever is uploaded, its length is none or between nothing and a week, and a file of unknown
// format has none.
#include "base/result.h"
#include "tokens/audio_duration.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr std::int64_t kWeek = std::int64_t{7} * 24 * 60 * 60 * 1000;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto length = tg::tokens::audio_milliseconds(bytes);
  TG_CHECK(!length || (*length >= 0 && *length <= kWeek));
  TG_CHECK(!length || !tg::tokens::audio_format(bytes).empty());
  return 0;
}
