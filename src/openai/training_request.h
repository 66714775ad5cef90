// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// What making a fine-tuning job asks for, as far as it decides what that may cost, and the lines of
// its training file.
//
// Threading:  pure; one simdjson parser per thread inside.
// Errors:     kBodyNotJson; kBodyMalformed, with what is wrong. What two parsers might read
//             differently is refused, as a field that is given twice.
namespace tg::openai {

struct TrainingRequest {
  enum class Method : std::uint8_t { kSupervised, kDpo, kReinforcement };

  std::string model;
  std::string training_file;
  std::string validation_file;  // "": none
  Method method = Method::kSupervised;
  std::int64_t epochs = 0;       // the most that it names anywhere; 0: none
  bool epochs_left_open = true;  // the provider may choose, where the request's method says so
};
[[nodiscard]] Result<TrainingRequest> read_training_request(std::string_view body);

struct TrainingLine {
  // Of its text: never fewer than its tokens, for JSON's own marks are longer than a message's.
  std::int64_t bytes = 0;
  std::int64_t images = 0;
};
// An image that stands in the line itself is not text. What names a file is refused: it might be
// another project's, and how much it is stands nowhere.
[[nodiscard]] Result<TrainingLine> read_training_line(std::string_view line);

}  // namespace tg::openai
