// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "providers/png.h"
#include "providers/sandbox_parts.h"

namespace tg::providers::sandbox {
namespace {

constexpr std::int64_t kImagesMax = 10;          // OpenAI's own limit of n
constexpr std::int64_t kInputImageTokens = 323;  // an uploaded picture, whatever it shows
constexpr std::uint32_t kSideMax = 4'096;

bool read_side(std::string_view text, std::uint32_t& side) {
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, side);
  return read.ec == std::errc{} && read.ptr == end && side >= 1 && side <= kSideMax;
}

// "1536x1024"; 1,024 each way for "auto" and whatever else.
PictureSize read_size(std::string_view text) {
  PictureSize size;
  const auto cross = text.find('x');
  if (cross == std::string_view::npos || !read_side(text.substr(0, cross), size.width) ||
      !read_side(text.substr(cross + 1), size.height)) {
    return {};
  }
  return size;
}

// As GPT image models count: 272, 1,056 and 4,160 tokens for 1,024 × 1,024 pixels.
std::int64_t output_tokens(PictureSize size, std::string_view quality) {
  const std::int64_t square = quality == "low" ? 272 : quality == "high" ? 4'160 : 1'056;
  const std::int64_t pixels = std::int64_t{size.width} * size.height;
  return std::max<std::int64_t>(1, square * pixels / (1'024 * 1'024));
}

// Light enough for dark letters, and another one for each picture.
Colour paper_for(const Call& call, std::int64_t index) {
  const auto seed = hash(call.text("prompt"), static_cast<std::uint64_t>(index) + 1);
  return {static_cast<std::uint8_t>(0xA0 + (seed & 0x5F)),
          static_cast<std::uint8_t>(0xA0 + ((seed >> 8) & 0x5F)),
          static_cast<std::uint8_t>(0xA0 + ((seed >> 16) & 0x5F))};
}

bool wants_url(const Call& call) {
  const auto format = call.text("response_format");
  if (!format.empty()) return format == "url";
  // Models before the GPT image ones answer with an address unless told otherwise.
  return !call.model().contains("gpt-image");
}

std::int64_t count_images(const Call& call) {
  if (const auto* field = call.part("n")) {
    std::int64_t count = 1;
    std::from_chars(field->body.data(), field->body.data() + field->body.size(), count);
    return std::clamp<std::int64_t>(count, 1, kImagesMax);
  }
  return integer(call.body, "n", 1, kImagesMax, 1);
}

std::int64_t count_uploads(const Call& call) {
  return std::ranges::count_if(call.parts, [](const http::Part& part) {
    return part.name == "image" || part.name == "image[]" || part.name == "mask";
  });
}

Json usage_of(const Call& call, std::int64_t output) {
  const auto text = count_tokens(call.text("prompt"));
  const auto pictures = count_uploads(call) * kInputImageTokens;
  return {{"input_tokens", text + pictures},
          {"input_tokens_details", {{"text_tokens", text}, {"image_tokens", pictures}}},
          {"output_tokens", output},
          {"output_tokens_details", {{"text_tokens", 0}, {"image_tokens", output}}},
          {"total_tokens", text + pictures + output}};
}

SandboxAnswer streamed(const Call& call, PictureSize size, std::string_view quality) {
  const bool generation = call.request.endpoint == openai::Endpoint::kImageGenerations;
  const auto type = generation ? "image_generation.completed" : "image_edit.completed";
  Json data{{"type", type},
            {"b64_json", to_base64(sandbox_png(size, paper_for(call, 0)))},
            {"created_at", call.request.created_s},
            {"size", fmt::format("{}x{}", size.width, size.height)},
            {"quality", quality},
            {"background", "opaque"},
            {"output_format", "png"}};
  if (call.usage()) data["usage"] = usage_of(call, output_tokens(size, quality));
  auto answer = event_stream();
  add_event(answer, type, data);
  return answer;
}

}  // namespace

SandboxAnswer images(const Call& call) {
  const bool generation = call.request.endpoint == openai::Endpoint::kImageGenerations;
  if (generation && call.text("prompt").empty()) {
    return refusal("Missing required parameter: 'prompt'.", "prompt");
  }
  if (!generation && count_uploads(call) == 0) {
    return refusal("Missing required parameter: 'image'.", "image");
  }
  const auto size = read_size(call.text("size"));
  auto quality = call.text("quality");
  if (quality != "low" && quality != "high") quality = "medium";
  if (call.stream()) return streamed(call, size, quality);

  const bool url = wants_url(call);
  const auto count = count_images(call);
  Json body{{"created", call.request.created_s}, {"data", Json::array()}};
  for (std::int64_t index = 0; index < count; ++index) {
    auto encoded = to_base64(sandbox_png(size, paper_for(call, index)));
    body["data"].push_back(url ? Json{{"url", "data:image/png;base64," + encoded}}
                               : Json{{"b64_json", std::move(encoded)}});
  }
  if (call.usage()) body["usage"] = usage_of(call, count * output_tokens(size, quality));
  return json_answer(body);
}

}  // namespace tg::providers::sandbox
