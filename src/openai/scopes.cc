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
constexpr EndpointMask kResponsesOnly =
    bit_of(kResponses) | bit_of(kInputTokens) | bit_of(kCompact);

constexpr EndpointMask both(Endpoint endpoint) { return bit_of(endpoint) | read_bit_of(endpoint); }

constexpr EndpointMask kStoredRead = read_bit_of(kStoredResponses) | read_bit_of(kConversations);
constexpr EndpointMask kStored = kStoredRead | bit_of(kStoredResponses) | bit_of(kConversations);
// What belongs to asking models: their stored answers, and batches of questions.
constexpr EndpointMask kRequests = kText | both(kStoredChatCompletions) | both(kBatches);

constexpr EndpointMask kAllReads = [] {
  EndpointMask mask = kModelListBit;
  for (int i = kModelEndpointCount; i < kEndpointCount; ++i) {
    mask |= read_bit_of(static_cast<Endpoint>(i));
  }
  return mask;
}();

struct Row {
  std::string_view scope;
  EndpointMask endpoints;
};

constexpr auto kRows = std::to_array<Row>({
    {"api.all", ~EndpointMask{0}},
    {"api.all.read", kAllReads},
    {"api.model.read", kModelListBit},
    {"api.model.request", kRequests | kImages | kAudio | kResponsesOnly | kStored | kModelListBit},
    {"api.model.audio.request", kAudio | kModelListBit},
    {"api.model.image.request", kImages | kModelListBit},
    {"api.responses.read", kStoredRead},
    {"api.responses.write", kResponsesOnly | kStored | kModelListBit},
    {"api.files.read", read_bit_of(kFiles)},
    {"api.files.write", both(kFiles) | both(kUploads)},
    {"api.vector_stores.read", read_bit_of(kVectorStores)},
    {"api.vector_stores.write", both(kVectorStores)},
    {"api.fine_tuning.jobs.read", read_bit_of(kFineTuning)},
    {"api.fine_tuning.jobs.write", both(kFineTuning)},
    {"api.skills.read", read_bit_of(kSkills)},
    {"api.skills.write", both(kSkills)},
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

std::string_view scope_for(Endpoint endpoint, bool reads) noexcept {
  switch (endpoint) {
    case kImageGenerations:
    case kImageEdits:
    case kImageVariations: return "api.model.image.request";
    case kSpeech:
    case kTranscriptions:
    case kTranslations: return "api.model.audio.request";
    case kResponses:
    case kInputTokens:
    case kCompact: return "api.responses.write";
    case kStoredResponses:
    case kConversations: return reads ? "api.responses.read" : "api.responses.write";
    case kFiles: return reads ? "api.files.read" : "api.files.write";
    case kUploads: return "api.files.write";
    case kVectorStores: return reads ? "api.vector_stores.read" : "api.vector_stores.write";
    case kFineTuning: return reads ? "api.fine_tuning.jobs.read" : "api.fine_tuning.jobs.write";
    case kSkills: return reads ? "api.skills.read" : "api.skills.write";
    case kOpened: return "api.all";
    default: return "api.model.request";
  }
}

std::span<const std::string_view> known_scopes() noexcept { return kNames; }

}  // namespace tg::openai
