// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// What one call used, in classes that do not overlap: cached tokens are taken out of input tokens,
// reasoning tokens out of output tokens, audio and image tokens out of text. So a charge is a plain
// sum and nothing is counted twice. Every count is zero or more.
//
// Source: OPENAI-CONTRACT 5.3; parts that a provider reports are subsets of its totals there.
namespace tg::openai {

enum class UsageSource : std::uint8_t {
  kNone,       // nothing was produced
  kProvider,   // the upstream reported it
  kCounted,    // exact by its nature: characters sent, images returned, seconds of a container
  kEstimated,  // counted here from bytes, because the upstream did not say
};

struct Usage {
  std::int64_t input_text_tokens = 0;
  std::int64_t input_audio_tokens = 0;
  std::int64_t input_image_tokens = 0;
  std::int64_t cached_input_text_tokens = 0;
  std::int64_t cached_input_audio_tokens = 0;
  std::int64_t cached_input_image_tokens = 0;
  std::int64_t cache_write_text_tokens = 0;
  std::int64_t output_text_tokens = 0;
  std::int64_t output_audio_tokens = 0;
  std::int64_t output_image_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  std::int64_t output_images = 0;
  std::int64_t input_milliseconds = 0;  // audio sent for transcription
  std::int64_t input_characters = 0;    // text sent for speech
  UsageSource source = UsageSource::kNone;
  // What was reported does not add up; the larger reading is taken.
  bool contradictory = false;

  // What several calls used together; it is as certain as the least certain of them.
  void add(const Usage& other) noexcept;

  [[nodiscard]] std::int64_t input_tokens() const {
    return input_text_tokens + input_audio_tokens + input_image_tokens + cached_input_text_tokens +
           cached_input_audio_tokens + cached_input_image_tokens + cache_write_text_tokens;
  }
  [[nodiscard]] std::int64_t cached_tokens() const {
    return cached_input_text_tokens + cached_input_audio_tokens + cached_input_image_tokens;
  }
  [[nodiscard]] std::int64_t output_tokens() const {
    return output_text_tokens + output_audio_tokens + output_image_tokens + reasoning_tokens;
  }

  friend bool operator==(const Usage&, const Usage&) = default;
};

}  // namespace tg::openai
