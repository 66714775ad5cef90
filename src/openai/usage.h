// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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
  std::int64_t cache_write_text_tokens = 0;  // kept for minutes, as by default
  std::int64_t output_text_tokens = 0;
  std::int64_t output_audio_tokens = 0;
  std::int64_t output_image_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  std::int64_t output_images = 0;
  std::int64_t input_milliseconds = 0;  // audio sent for transcription
  std::int64_t input_characters = 0;    // text sent for speech
  std::int64_t cache_write_1h_text_tokens = 0;
  std::int64_t cache_write_12h_text_tokens = 0;
  std::int64_t input_pages = 0;  // of a document that was read
  // What the provider's own tools did, each charged by itself beside the tokens.
  std::int64_t web_search_calls = 0;
  std::int64_t file_search_calls = 0;
  std::int64_t code_interpreter_sessions = 0;  // containers that were worked in
  UsageSource source = UsageSource::kNone;
  // What was reported does not add up; the larger reading is taken.
  bool contradictory = false;

  // What several calls used together; it is as certain as the least certain of them.
  void add(const Usage& other) noexcept;

  [[nodiscard]] std::int64_t input_tokens() const {
    return input_text_tokens + input_audio_tokens + input_image_tokens + cached_input_text_tokens +
           cached_input_audio_tokens + cached_input_image_tokens + cache_write_text_tokens +
           cache_write_1h_text_tokens + cache_write_12h_text_tokens;
  }
  [[nodiscard]] std::int64_t cached_tokens() const {
    return cached_input_text_tokens + cached_input_audio_tokens + cached_input_image_tokens;
  }
  [[nodiscard]] std::int64_t output_tokens() const {
    return output_text_tokens + output_audio_tokens + output_image_tokens + reasoning_tokens;
  }

  friend bool operator==(const Usage&, const Usage&) = default;
};

// All counts. Their order stands in journals: new ones are added at the end.
inline constexpr std::array kUsageCounts{
    &Usage::input_text_tokens,
    &Usage::input_audio_tokens,
    &Usage::input_image_tokens,
    &Usage::cached_input_text_tokens,
    &Usage::cached_input_audio_tokens,
    &Usage::cached_input_image_tokens,
    &Usage::cache_write_text_tokens,
    &Usage::output_text_tokens,
    &Usage::output_audio_tokens,
    &Usage::output_image_tokens,
    &Usage::reasoning_tokens,
    &Usage::output_images,
    &Usage::input_milliseconds,
    &Usage::input_characters,
    &Usage::cache_write_1h_text_tokens,
    &Usage::cache_write_12h_text_tokens,
    &Usage::input_pages,
    &Usage::web_search_calls,
    &Usage::file_search_calls,
    &Usage::code_interpreter_sessions,
};

}  // namespace tg::openai
