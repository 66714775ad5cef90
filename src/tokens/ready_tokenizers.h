// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>

#include "tokens/tokenizer.h"

// Tokenizers for those who must not wait until one is built: it is there, or it is not yet.
//
// Threading:  find() from any thread, without a lock; load() from threads that may take 60 ms.
namespace tg::tokens {

class ReadyTokenizers {
 public:
  // Null: nobody has loaded it yet.
  [[nodiscard]] const Tokenizer* find(Encoding encoding) const noexcept [[clang::lifetimebound]] {
    return ready_[static_cast<std::size_t>(encoding)].load(std::memory_order_acquire);
  }
  void load(Encoding encoding) {
    ready_[static_cast<std::size_t>(encoding)].store(&all_.of(encoding), std::memory_order_release);
  }

 private:
  Tokenizers all_;
  std::array<std::atomic<const Tokenizer*>, kEncodings.size()> ready_{};
};

}  // namespace tg::tokens
