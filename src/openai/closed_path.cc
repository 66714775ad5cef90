// SPDX-License-Identifier: Apache-2.0
#include "openai/closed_path.h"

#include <algorithm>
#include <array>

namespace tg::openai {
namespace {

constexpr auto kFamilies = std::to_array<std::string_view>({
    "/v1/assistants",
    "/v1/audio/voice_consents",
    "/v1/audio/voices",
    "/v1/chatkit",
    "/v1/containers",
    "/v1/content_provenance_checks",
    "/v1/evals",
    "/v1/fine_tuning/alpha",
    "/v1/fine_tuning/checkpoints",
    "/v1/realtime",
    "/v1/threads",
    "/v1/videos",
});

}  // namespace

bool is_below(std::string_view path, std::string_view family) noexcept {
  return path.starts_with(family) && (path.size() == family.size() || path[family.size()] == '/');
}

std::string_view closed_family(std::string_view path) noexcept {
  const auto found = std::ranges::find_if(
      kFamilies, [path](std::string_view family) { return is_below(path, family); });
  return found == kFamilies.end() ? std::string_view{} : *found;
}

}  // namespace tg::openai
