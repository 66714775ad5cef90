// SPDX-License-Identifier: Apache-2.0
#include "openai/scopes.h"

#include <algorithm>
#include <array>

namespace tg::openai {
namespace {

using enum Endpoint;

constexpr EndpointMask kText =
    bit_of(kChatCompletions) | bit_of(kCompletions) | bit_of(kEmbeddings) | bit_of(kModerations);
constexpr EndpointMask kImages =
    bit_of(kImageGenerations) | bit_of(kImageEdits) | bit_of(kImageVariations);
constexpr EndpointMask kAudio = bit_of(kSpeech) | bit_of(kTranscriptions) | bit_of(kTranslations);
constexpr EndpointMask kResponsesOnly = bit_of(kResponses);

struct Row {
  std::string_view scope;
  EndpointMask endpoints;
};

constexpr auto kRows = std::to_array<Row>({
    {"api.all", ~0U},
    {"api.all.read", kModelListBit},
    {"api.model.read", kModelListBit},
    {"api.model.request", kText | kImages | kAudio | kResponsesOnly | kModelListBit},
    {"api.model.audio.request", kAudio | kModelListBit},
    {"api.model.image.request", kImages | kModelListBit},
    {"api.responses.read", 0},
    {"api.responses.write", kResponsesOnly | kModelListBit},
});

constexpr auto kNames = [] {
  std::array<std::string_view, kRows.size()> names;
  std::ranges::transform(kRows, names.begin(), &Row::scope);
  return names;
}();

constexpr std::string_view kPrefix = "api.";

}  // namespace

std::optional<EndpointMask> endpoints_of_scope(std::string_view scope) noexcept {
  const auto found = std::ranges::find_if(kRows, [scope](const Row& row) {
    return row.scope == scope || row.scope.substr(kPrefix.size()) == scope;
  });
  if (found == kRows.end()) return std::nullopt;
  return found->endpoints;
}

std::string_view scope_for(Endpoint endpoint) noexcept {
  const auto bit = bit_of(endpoint);
  if ((bit & kImages) != 0) return "api.model.image.request";
  if ((bit & kAudio) != 0) return "api.model.audio.request";
  if ((bit & kResponsesOnly) != 0) return "api.responses.write";
  return "api.model.request";
}

std::span<const std::string_view> known_scopes() noexcept { return kNames; }

}  // namespace tg::openai
