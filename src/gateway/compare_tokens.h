// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gateway/token_drift.h"
#include "openai/usage.h"
#include "tokens/ready_tokenizers.h"

// One chat of text, counted here and beside what its provider reported.
//
// Threading:  a control thread: it takes as long as its text is.
// Errors:     none; what cannot be counted exactly is not compared.
namespace tg::gateway {

struct ReportedChat {
  static constexpr std::size_t kBytesMax = 64 << 10;  // of either body

  std::string model;   // as its provider calls it
  std::string body;    // the request's
  std::string answer;  // whole
  openai::Usage usage;
};

void compare_tokens(const tokens::ReadyTokenizers& tokenizers, const ReportedChat& chat,
                    TokenDrift& drift);

}  // namespace tg::gateway
