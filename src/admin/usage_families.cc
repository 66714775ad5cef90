// SPDX-License-Identifier: Apache-2.0
#include "admin/usage_families.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/result.h"

namespace tg::admin {
namespace {

using ledger::at;
using ledger::Sum;
using openai::Endpoint;
using openai::Usage;
using enum UsageGroup;

constexpr std::array kGroups{
    UsageGroupInfo{kProject, "project_id", "project_ids"},
    UsageGroupInfo{kUser, "user_id", "user_ids"},
    UsageGroupInfo{kKey, "api_key_id", "api_key_ids"},
    UsageGroupInfo{kModel, "model", "models"},
    UsageGroupInfo{kBatch, "batch", ""},
    UsageGroupInfo{kSource, "source", "sources"},
    UsageGroupInfo{kServiceTier, "service_tier", ""},
    UsageGroupInfo{kSize, "size", "sizes"},
    UsageGroupInfo{kVectorStore, "vector_store_id", "vector_store_ids"},
    UsageGroupInfo{kContextLevel, "context_level", "context_levels"},
    UsageGroupInfo{kApiSource, "api_source", ""},
};

UsageField field(std::string_view name, std::initializer_list<std::int64_t Usage::*> counts) {
  UsageField made{.name = name, .sums = {}};
  for (const auto count : counts) made.sums.push_back(at(count));
  return made;
}
UsageField requests() { return {.name = "num_model_requests", .sums = {at(Sum::kCalls)}}; }

std::vector<UsageField> text_fields() {
  return {field("input_tokens",
                {&Usage::input_text_tokens, &Usage::input_audio_tokens, &Usage::input_image_tokens,
                 &Usage::cached_input_text_tokens, &Usage::cached_input_audio_tokens,
                 &Usage::cached_input_image_tokens, &Usage::cache_write_text_tokens,
                 &Usage::cache_write_1h_text_tokens, &Usage::cache_write_12h_text_tokens}),
          field("input_cached_tokens",
                {&Usage::cached_input_text_tokens, &Usage::cached_input_audio_tokens,
                 &Usage::cached_input_image_tokens}),
          field("input_cache_write_tokens",
                {&Usage::cache_write_text_tokens, &Usage::cache_write_1h_text_tokens,
                 &Usage::cache_write_12h_text_tokens}),
          field("input_uncached_tokens", {&Usage::input_text_tokens, &Usage::input_audio_tokens,
                                          &Usage::input_image_tokens}),
          field("output_tokens", {&Usage::output_text_tokens, &Usage::output_audio_tokens,
                                  &Usage::output_image_tokens, &Usage::reasoning_tokens}),
          field("input_text_tokens", {&Usage::input_text_tokens}),
          field("output_text_tokens", {&Usage::output_text_tokens, &Usage::reasoning_tokens}),
          field("input_cached_text_tokens", {&Usage::cached_input_text_tokens}),
          field("input_audio_tokens", {&Usage::input_audio_tokens}),
          field("input_cached_audio_tokens", {&Usage::cached_input_audio_tokens}),
          field("output_audio_tokens", {&Usage::output_audio_tokens}),
          field("input_image_tokens", {&Usage::input_image_tokens}),
          field("input_cached_image_tokens", {&Usage::cached_input_image_tokens}),
          field("output_image_tokens", {&Usage::output_image_tokens}),
          requests()};
}

UsageField input_tokens() {
  return field("input_tokens", {&Usage::input_text_tokens, &Usage::input_image_tokens,
                                &Usage::cached_input_text_tokens});
}

std::map<std::string_view, UsageFamily> make_families() {
  const std::vector texts{Endpoint::kChatCompletions, Endpoint::kResponses, Endpoint::kCompletions,
                          Endpoint::kInputTokens,     Endpoint::kCompact,   Endpoint::kBatches};
  const std::vector by_model{kProject, kUser, kKey, kModel};
  return {
      {"completions",
       {.object = "organization.usage.completions.result",
        .endpoints = texts,
        .groups = {kProject, kUser, kKey, kModel, kBatch, kServiceTier, kApiSource},
        .fields = text_fields()}},
      // There is no such API here, so nothing was ever used.
      {"decisions",
       {.object = "organization.usage.decisions.result",
        .endpoints = {},
        .groups = {kProject, kUser, kKey, kModel, kBatch, kApiSource},
        .fields = text_fields()}},
      {"embeddings",
       {.object = "organization.usage.embeddings.result",
        .endpoints = {Endpoint::kEmbeddings},
        .groups = by_model,
        .fields = {input_tokens(), requests()}}},
      {"moderations",
       {.object = "organization.usage.moderations.result",
        .endpoints = {Endpoint::kModerations},
        .groups = by_model,
        .fields = {input_tokens(), requests()}}},
      {"images",
       {.object = "organization.usage.images.result",
        .endpoints = {Endpoint::kImageGenerations, Endpoint::kImageEdits,
                      Endpoint::kImageVariations},
        .groups = {kProject, kUser, kKey, kModel, kSource, kSize},
        .fields = {field("images", {&Usage::output_images}), requests()}}},
      {"audio_speeches",
       {.object = "organization.usage.audio_speeches.result",
        .endpoints = {Endpoint::kSpeech},
        .groups = by_model,
        .fields = {field("characters", {&Usage::input_characters}), requests()}}},
      {"audio_transcriptions",
       {.object = "organization.usage.audio_transcriptions.result",
        .endpoints = {Endpoint::kTranscriptions, Endpoint::kTranslations},
        .groups = by_model,
        .fields = {{.name = "seconds", .sums = {at(&Usage::input_milliseconds)}, .divisor = 1000},
                   requests()}}},
      // Stores are not made through Tollgate, so none is stored at its projects' expense.
      {"vector_stores",
       {.object = "organization.usage.vector_stores.result",
        .endpoints = {},
        .groups = {kProject},
        .fields = {field("usage_bytes", {})}}},
      {"code_interpreter_sessions",
       {.object = "organization.usage.code_interpreter_sessions.result",
        .endpoints = texts,
        .groups = {kProject},
        .fields = {field("num_sessions", {&Usage::code_interpreter_sessions})},
        .of_some_calls = true}},
      {"file_search_calls",
       {.object = "organization.usage.file_searches.result",
        .endpoints = texts,
        .groups = {kProject, kUser, kKey, kVectorStore},
        .fields = {field("num_requests", {&Usage::file_search_calls})},
        .of_some_calls = true}},
      {"web_search_calls",
       {.object = "organization.usage.web_searches.result",
        .endpoints = texts,
        .groups = {kProject, kUser, kKey, kModel, kContextLevel, kApiSource},
        .fields = {field("num_requests", {&Usage::web_search_calls}), requests()},
        .of_some_calls = true}},
  };
}

}  // namespace

const UsageGroupInfo& info(UsageGroup group) {
  const auto* found = std::ranges::find(kGroups, group, &UsageGroupInfo::group);
  TG_CHECK(found != kGroups.end());
  return *found;
}

bool UsageFamily::has(UsageGroup group) const {
  return std::ranges::find(groups, group) != groups.end();
}

const UsageFamily& usage_family(std::string_view name) {
  static const auto families = make_families();
  const auto found = families.find(name);
  TG_CHECK(found != families.end());
  return found->second;
}

std::string_view image_source(std::string_view endpoint) {
  if (endpoint == openai::path(Endpoint::kImageEdits)) return "image.edit";
  if (endpoint == openai::path(Endpoint::kImageVariations)) return "image.variation";
  return "image.generation";
}

}  // namespace tg::admin
