// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "openai/answer_tap.h"
#include "openai/request_peek.h"

// A batch's files: one request a line goes in, one answer a line comes out.
//
// Threading:  pure; one simdjson parser per thread inside.
// Errors:     kBodyMalformed, with what is wrong in a line.
namespace tg::openai {

// Cuts bytes that come in pieces into lines.
class Lines {
 public:
  explicit Lines(std::size_t line_bytes_max) : bytes_max_{line_bytes_max} {}

  // The next whole line, without its end; valid until the next feed(). Empty lines are left out.
  [[nodiscard]] std::optional<std::string_view> next();
  // kBodyMalformed where a line is longer than allowed.
  [[nodiscard]] Result<void> feed(std::string_view piece);
  // The last one may have no end.
  void finish();

 private:
  const std::size_t bytes_max_;
  std::string bytes_;
  std::size_t taken_ = 0;
};

// JSON in and out, and usage in what comes out.
[[nodiscard]] bool may_be_batched(Endpoint endpoint) noexcept;

struct BatchLine {
  Endpoint endpoint{};
  RequestPeek request;
};
// {"custom_id":…,"method":"POST","url":"/v1/chat/completions","body":{…}}
[[nodiscard]] Result<BatchLine> read_batch_line(std::string_view line);

// {"custom_id":…,"response":{"status_code":200,"body":{…}},"error":null}: the answer that was made.
// Nothing where none was, or it cannot be read.
[[nodiscard]] std::optional<Answer> read_batch_result(Endpoint endpoint, std::string_view line);

}  // namespace tg::openai
