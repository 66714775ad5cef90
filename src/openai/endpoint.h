// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// The data-plane operations that Tollgate forwards and meters. A path that is not here is closed.
namespace tg::openai {

enum class Endpoint : std::uint8_t {
  kChatCompletions,
  kResponses,
  kCompletions,
  kEmbeddings,
  kModerations,
  kImageGenerations,
  kImageEdits,
  kImageVariations,
  kSpeech,
  kTranscriptions,
  kTranslations,
};
inline constexpr int kEndpointCount = 11;

struct EndpointMatch {
  Endpoint endpoint;
  // From `/v1/engines/{model}/…`, which OpenAI's Python before 1.0 uses for `engine=`; else empty.
  std::string_view model;
};

// `path` begins with /v1/. Nothing when the path names no endpoint.
[[nodiscard]] std::optional<EndpointMatch> match_endpoint(std::string_view path) noexcept;

// "/v1/chat/completions", also the name under which usage is shown.
[[nodiscard]] std::string_view path(Endpoint endpoint) noexcept;

[[nodiscard]] bool is_multipart(Endpoint endpoint) noexcept;

// Chat, responses and completions: their output is text, and tokens of it are what is counted.
[[nodiscard]] bool writes_text(Endpoint endpoint) noexcept;
[[nodiscard]] bool makes_images(Endpoint endpoint) noexcept;
// Transcriptions and translations.
[[nodiscard]] bool hears(Endpoint endpoint) noexcept;

}  // namespace tg::openai
