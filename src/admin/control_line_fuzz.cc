// SPDX-License-Identifier: Apache-2.0
#include "admin/control_line.h"

#include "base/result.h"

// Whatever a line holds: it is answered with a line, and that can be read.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view line{reinterpret_cast<const char*>(data), size};
  const auto answer =
      tg::admin::answer_line(line,
                             [](std::string_view, const tg::admin::Json& arguments)
                                 -> tg::admin::ApiResult<tg::admin::Json> { return arguments; });
  TG_CHECK(!answer.contains('\n'));
  const auto read = tg::admin::read_answer_line(answer);
  TG_CHECK(read || read.error().code != tg::Code::kCorrupt);
  (void)tg::admin::read_answer_line(line);
  return 0;
}
