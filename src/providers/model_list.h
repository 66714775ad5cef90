// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Reads an upstream's answer to GET /models: `{"data":[{"id":…},…]}`, or the bare array that some
// local engines send.
//
// Threading:  pure.
// Limits:     10,000 models; a name of 1 to 256 printable bytes. Names beyond either are refused,
//             not cut, since a list that is cut looks like models that were withdrawn.
// Errors:     kUpstreamProtocol.
namespace tg::providers {

inline constexpr std::size_t kListedModelsMax = 10'000;
inline constexpr std::size_t kModelNameBytesMax = 256;

// In the upstream's order, each once.
[[nodiscard]] Result<std::vector<std::string>> parse_model_list(std::string_view body);

[[nodiscard]] bool is_model_name(std::string_view name);

}  // namespace tg::providers
