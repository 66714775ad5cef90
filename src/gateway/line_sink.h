// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/upstream_fetch.h"
#include "openai/batch_lines.h"

// Takes a fetched body line by line, as a batch's files have them.
namespace tg::gateway {

class LineSink : public Sink {
 public:
  explicit LineSink(std::size_t line_bytes_max) : lines_{line_bytes_max} {}

  Result<void> take(std::string_view piece) final {
    TG_TRY_DONE(lines_.feed(piece));
    return take_lines();
  }
  // The last line may have no end.
  [[nodiscard]] Result<void> finish() {
    lines_.finish();
    return take_lines();
  }

 private:
  virtual Result<void> take_line(std::string_view line) = 0;

  Result<void> take_lines() {
    while (const auto line = lines_.next()) TG_TRY_DONE(take_line(*line));
    return {};
  }

  openai::Lines lines_;
};

// And counts them, so that it can be told which one is wrong.
class CountedLines : public LineSink {
 public:
  using LineSink::LineSink;
  [[nodiscard]] std::int64_t count() const { return count_; }

 private:
  Result<void> take_line(std::string_view line) final {
    ++count_;
    return add_line(line);
  }
  virtual Result<void> add_line(std::string_view line) = 0;

  std::int64_t count_ = 0;
};

}  // namespace tg::gateway
