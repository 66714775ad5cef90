// SPDX-License-Identifier: Apache-2.0
#include "openai/endpoint.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tg::openai {
namespace {

constexpr std::array<std::string_view, kEndpointCount> kPaths = {
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/images/variations",
    "/v1/audio/speech",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/v1/responses/input_tokens",
    "/v1/responses/compact",
    "/v1/files",
    "/v1/uploads",
    "/v1/batches",
    "/v1/responses/{id}",
    "/v1/chat/completions/{id}",
    "/v1/conversations",
    "/v1/vector_stores",
    "/v1/fine_tuning/jobs",
    "/v1/skills",
    "opened",
};
static_assert(kPaths.back() == "opened");

constexpr std::string_view kEngines = "/v1/engines/";
constexpr std::array<std::pair<std::string_view, Endpoint>, 3> kEngineTails = {{
    {"/chat/completions", Endpoint::kChatCompletions},
    {"/completions", Endpoint::kCompletions},
    {"/embeddings", Endpoint::kEmbeddings},
}};

// The longer tail stands first: "/completions" also ends "/chat/completions".
std::optional<EndpointMatch> match_engine(std::string_view rest) noexcept {
  for (const auto& [tail, endpoint] : kEngineTails) {
    if (!rest.ends_with(tail)) continue;
    const auto model = rest.substr(0, rest.size() - tail.size());
    if (model.empty() || model.contains('/')) return std::nullopt;
    return EndpointMatch{endpoint, model};
  }
  return std::nullopt;
}

}  // namespace

std::optional<EndpointMatch> match_endpoint(std::string_view path) noexcept {
  if (const auto endpoint = model_endpoint(path)) return EndpointMatch{*endpoint, {}};
  if (!path.starts_with(kEngines)) return std::nullopt;
  return match_engine(path.substr(kEngines.size()));
}

std::optional<Endpoint> model_endpoint(std::string_view path) noexcept {
  for (std::size_t i = 0; i < kModelEndpointCount; ++i) {
    if (path == kPaths[i]) return static_cast<Endpoint>(i);
  }
  return std::nullopt;
}

std::optional<Endpoint> endpoint_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(kPaths, name);
  if (found == kPaths.end()) return std::nullopt;
  return static_cast<Endpoint>(found - kPaths.begin());
}

std::string_view path(Endpoint endpoint) noexcept {
  return kPaths[static_cast<std::size_t>(endpoint)];
}

bool is_multipart(Endpoint endpoint) noexcept {
  switch (endpoint) {
    case Endpoint::kImageEdits:
    case Endpoint::kImageVariations:
    case Endpoint::kTranscriptions:
    case Endpoint::kTranslations: return true;
    default: return false;
  }
}

bool writes_text(Endpoint endpoint) noexcept {
  return endpoint == Endpoint::kChatCompletions || endpoint == Endpoint::kResponses ||
         endpoint == Endpoint::kCompletions || endpoint == Endpoint::kCompact;
}

bool makes_images(Endpoint endpoint) noexcept {
  return endpoint == Endpoint::kImageGenerations || endpoint == Endpoint::kImageEdits ||
         endpoint == Endpoint::kImageVariations;
}

bool hears(Endpoint endpoint) noexcept {
  return endpoint == Endpoint::kTranscriptions || endpoint == Endpoint::kTranslations;
}

}  // namespace tg::openai
