// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "openai/usage.h"

// The counts of Usage in the order in which SQL and rollups have them: new ones at the end.
namespace tg::ledger {

inline constexpr std::array<std::int64_t openai::Usage::*, 14> kUsageCounts{
    &openai::Usage::input_text_tokens,         &openai::Usage::input_audio_tokens,
    &openai::Usage::input_image_tokens,        &openai::Usage::cached_input_text_tokens,
    &openai::Usage::cached_input_audio_tokens, &openai::Usage::cached_input_image_tokens,
    &openai::Usage::cache_write_text_tokens,   &openai::Usage::output_text_tokens,
    &openai::Usage::output_audio_tokens,       &openai::Usage::output_image_tokens,
    &openai::Usage::reasoning_tokens,          &openai::Usage::output_images,
    &openai::Usage::input_milliseconds,        &openai::Usage::input_characters,
};

}  // namespace tg::ledger
