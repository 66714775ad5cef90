// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// The data-plane operations that Tollgate forwards and meters. A path that is not here is closed.
//
// The numbers stand in journals and in SQL: new ones are added at the end of their half.
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
  kInputTokens,  // how many tokens a response's input would be; costs nothing
  kCompact,      // a long response's input made short by the model
  // From here on no model is asked: objects that live upstream (object_path.h).
  kFiles,
  kUploads,
  kBatches,
  kStoredResponses,
  kStoredChatCompletions,
  kConversations,
  kVectorStores,
  kFineTuning,
  kSkills,
  kOpened,  // any other path that the operator has opened at a flat price
};
inline constexpr int kEndpointCount = 23;
// Of those whose request names a model.
inline constexpr int kModelEndpointCount = 13;

struct EndpointMatch {
  Endpoint endpoint;
  // From `/v1/engines/{model}/…`, which OpenAI's Python before 1.0 uses for `engine=`; else empty.
  std::string_view model;
};

// `path` begins with /v1/. Nothing when the path names no endpoint.
[[nodiscard]] std::optional<EndpointMatch> match_endpoint(std::string_view path) noexcept;

// The same for the path under which an endpoint is known, no older alias of it.
[[nodiscard]] std::optional<Endpoint> model_endpoint(std::string_view path) noexcept;

// "/v1/chat/completions", also the name under which usage is shown. Of objects their collection:
// "/v1/files", and "/v1/responses/{id}" where the collection is a model's endpoint.
[[nodiscard]] std::string_view path(Endpoint endpoint) noexcept;

// The endpoint of that name, of models or objects.
[[nodiscard]] std::optional<Endpoint> endpoint_named(std::string_view name) noexcept;

[[nodiscard]] bool is_multipart(Endpoint endpoint) noexcept;

// Chat, responses (compacted too) and completions: their output is text, and tokens of it are what
// is counted.
[[nodiscard]] bool writes_text(Endpoint endpoint) noexcept;
[[nodiscard]] bool makes_images(Endpoint endpoint) noexcept;
// Transcriptions and translations.
[[nodiscard]] bool hears(Endpoint endpoint) noexcept;

}  // namespace tg::openai
