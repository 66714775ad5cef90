// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

// Counts a request's text, where a token a byte is too coarse a bound for what limits have left.
// It costs more than to pass the call on, so it is asked only then.
//
// Threading:  its call's worker.
namespace tg::ledger {

class InputCounter {
 public:
  InputCounter() = default;
  InputCounter(const InputCounter&) = delete;
  InputCounter& operator=(const InputCounter&) = delete;

  // Nothing where it cannot be counted here: an unknown vocabulary, images, too much of it.
  [[nodiscard]] virtual std::optional<std::int64_t> input_tokens_at_most() = 0;

 protected:
  ~InputCounter() = default;
};

}  // namespace tg::ledger
