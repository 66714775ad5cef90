// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ledger/rollup.h"
#include "openai/endpoint.h"

// What OpenAI's usage operations are about: which of our endpoints each of them adds up, by what
// its results can be grouped and filtered, and which fields they have. One table instead of ten
// functions.
//
// Threading:  pure.
// Source:     OPENAI-CONTRACT 1.5; openai-openapi.yaml, Usage*Result.
namespace tg::admin {

enum class UsageGroup : std::uint8_t {
  kProject,
  kUser,
  kKey,
  kModel,
  kBatch,
  kSource,  // of images: which endpoint made them
  kServiceTier,
  kSize,          // of images
  kContextLevel,  // of a web search: how much it read
  kVectorStore,   // these two are told by no rollup, and are null in each result
  kApiSource,
};

struct UsageGroupInfo {
  UsageGroup group{};
  std::string_view name;    // "project_id", also the field of a result
  std::string_view filter;  // "project_ids"; "": there is none
};
[[nodiscard]] const UsageGroupInfo& info(UsageGroup group);

// A field of a result: the sum of some of Usage's counts, or of calls.
struct UsageField {
  std::string_view name;
  std::vector<std::size_t> sums;  // numbers in ledger::Sums
  std::int64_t divisor = 1;
};

struct UsageFamily {
  std::string_view object;  // "organization.usage.completions.result"
  std::vector<openai::Endpoint> endpoints;
  std::vector<UsageGroup> groups;
  std::vector<UsageField> fields;
  // What one call may have and another not: there is no result where the first field is zero.
  bool of_some_calls = false;

  [[nodiscard]] bool has(UsageGroup group) const;
};

// By the last segment of the path: "completions".
[[nodiscard]] const UsageFamily& usage_family(std::string_view name);

// "image.generation"
[[nodiscard]] std::string_view image_source(std::string_view endpoint);

}  // namespace tg::admin
