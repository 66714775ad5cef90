// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "config/prices.h"
#include "openai/usage.h"

// The classes of tokens that a price may name, and the one whose price holds where a class has none
// of its own: the text token of its direction (of what is kept longer than usual, first the usual
// write). And what is charged beside tokens.
//
// Threading:  constants.
namespace tg::ledger {

// A unit that some models charge beside their tokens, and others do not.
struct Extra {
  config::Unit unit;
  std::int64_t openai::Usage::* count;
};

inline constexpr std::array kExtras{
    Extra{config::Unit::kInputPage, &openai::Usage::input_pages},
    Extra{config::Unit::kWebSearchCall, &openai::Usage::web_search_calls},
    Extra{config::Unit::kFileSearchCall, &openai::Usage::file_search_calls},
    Extra{config::Unit::kCodeInterpreterSession, &openai::Usage::code_interpreter_sessions},
};

struct TokenClass {
  config::Unit unit;
  config::Unit fallback;
  std::int64_t openai::Usage::* count;
};

inline constexpr std::array kInputTokens{
    TokenClass{config::Unit::kInputTextToken, config::Unit::kInputTextToken,
               &openai::Usage::input_text_tokens},
    TokenClass{config::Unit::kInputAudioToken, config::Unit::kInputTextToken,
               &openai::Usage::input_audio_tokens},
    TokenClass{config::Unit::kInputImageToken, config::Unit::kInputTextToken,
               &openai::Usage::input_image_tokens},
    TokenClass{config::Unit::kCachedInputTextToken, config::Unit::kInputTextToken,
               &openai::Usage::cached_input_text_tokens},
    TokenClass{config::Unit::kCachedInputAudioToken, config::Unit::kInputTextToken,
               &openai::Usage::cached_input_audio_tokens},
    TokenClass{config::Unit::kCachedInputImageToken, config::Unit::kInputTextToken,
               &openai::Usage::cached_input_image_tokens},
    TokenClass{config::Unit::kCacheWriteTextToken, config::Unit::kInputTextToken,
               &openai::Usage::cache_write_text_tokens},
    TokenClass{config::Unit::kCacheWrite1hTextToken, config::Unit::kCacheWriteTextToken,
               &openai::Usage::cache_write_1h_text_tokens},
    TokenClass{config::Unit::kCacheWrite12hTextToken, config::Unit::kCacheWriteTextToken,
               &openai::Usage::cache_write_12h_text_tokens},
};

inline constexpr std::array kOutputTokens{
    TokenClass{config::Unit::kOutputTextToken, config::Unit::kOutputTextToken,
               &openai::Usage::output_text_tokens},
    TokenClass{config::Unit::kOutputAudioToken, config::Unit::kOutputTextToken,
               &openai::Usage::output_audio_tokens},
    TokenClass{config::Unit::kOutputImageToken, config::Unit::kOutputTextToken,
               &openai::Usage::output_image_tokens},
    TokenClass{config::Unit::kReasoningToken, config::Unit::kOutputTextToken,
               &openai::Usage::reasoning_tokens},
};

}  // namespace tg::ledger
