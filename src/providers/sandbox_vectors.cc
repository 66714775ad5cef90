// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/encoding.h"
#include "providers/sandbox_parts.h"

namespace tg::providers::sandbox {
namespace {

static_assert(std::endian::native == std::endian::little, "an embedding's base64 is little-endian");

constexpr std::int64_t kDimensionsMax = 3'072;
constexpr std::size_t kInputsMax = 2'048;  // OpenAI's own limit

struct Input {
  std::uint64_t seed = 0;
  std::int64_t tokens = 0;
};

Input read_one(const Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return {hash(text), count_tokens(text)};
  }
  return {hash(dump(value)), static_cast<std::int64_t>(value.size())};  // a list of tokens
}

// A text, a list of tokens, or a list of either.
std::vector<Input> read_inputs(const Json& value) {
  if (!value.is_array() || value.empty() || value.front().is_number()) return {read_one(value)};
  std::vector<Input> inputs;
  for (const auto& item : value) inputs.push_back(read_one(item));
  return inputs;
}

// The same text gives the same vector of length one. It means nothing: near texts are not near.
std::vector<float> unit_vector(std::uint64_t seed, std::int64_t dimensions) {
  std::vector<float> vector(static_cast<std::size_t>(dimensions));
  double square_sum = 0;
  std::uint64_t state = seed;
  for (auto& value : vector) {
    state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX generator
    value = static_cast<float>(static_cast<std::int32_t>(state >> 32)) / 2147483648.0F;
    square_sum += static_cast<double>(value) * static_cast<double>(value);
  }
  if (square_sum == 0) {
    vector.front() = 1;
    return vector;
  }
  const auto scale = static_cast<float>(1 / std::sqrt(square_sum));
  for (auto& value : vector) value *= scale;
  return vector;
}

std::string encode(const std::vector<float>& vector) {
  return to_base64({reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
}

std::int64_t default_dimensions(std::string_view model) {
  return model.starts_with("text-embedding-3-large") ? 3'072 : 1'536;
}

constexpr std::array kCategories{
    "hate",
    "hate/threatening",
    "harassment",
    "harassment/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
};

Json unflagged() {
  Json result{{"flagged", false}};
  for (const auto* category : kCategories) {
    result["categories"][category] = false;
    result["category_scores"][category] = 0.0;
    result["category_applied_input_types"][category] = Json::array();
  }
  return result;
}

}  // namespace

SandboxAnswer embeddings(const Call& call) {
  const auto& value = member(call.body, "input");
  if (!value.is_string() && !value.is_array()) {
    return refusal("Missing required parameter: 'input'.", "input");
  }
  const auto inputs = read_inputs(value);
  if (inputs.size() > kInputsMax) return refusal("'input' has more than 2048 items.", "input");
  const auto dimensions =
      integer(call.body, "dimensions", 1, kDimensionsMax, default_dimensions(call.model()));
  const bool base64 = member(call.body, "encoding_format") == "base64";

  Json body{{"object", "list"}, {"data", Json::array()}, {"model", call.model()}};
  std::int64_t tokens = 0;
  for (const auto& input : inputs) {
    const auto vector = unit_vector(input.seed, dimensions);
    body["data"].push_back({{"object", "embedding"},
                            {"index", body["data"].size()},
                            {"embedding", base64 ? Json(encode(vector)) : Json(vector)}});
    tokens += input.tokens;
  }
  if (call.usage()) body["usage"] = {{"prompt_tokens", tokens}, {"total_tokens", tokens}};
  return json_answer(body);
}

SandboxAnswer moderations(const Call& call) {
  const auto& value = member(call.body, "input");
  if (!value.is_string() && !value.is_array()) {
    return refusal("Missing required parameter: 'input'.", "input");
  }
  // One result for each text; parts of one input that is text and images have one together.
  const bool many = value.is_array() && !value.empty() && value.front().is_string();
  const auto count = many ? std::min(value.size(), kInputsMax) : 1;
  Json results = Json::array();
  for (std::size_t i = 0; i < count; ++i) results.push_back(unflagged());
  return json_answer(
      {{"id", call.id("modr-sandbox-")}, {"model", call.model()}, {"results", results}});
}

}  // namespace tg::providers::sandbox
