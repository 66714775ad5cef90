// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "openai/endpoint.h"

// OpenAI's scopes as far as they say which endpoints a key may call. There is no complete public
// list (OPENAI-CONTRACT 2.4); these are the names that have been seen, each with and without
// "api.". "model.request" opens Responses too: that one is asked for and the other forgotten is a
// known trap.
//
// Threading:  pure.
namespace tg::openai {

// Bit n: the n-th Endpoint; of objects that live upstream, what changes them. Bit 32 + n: what only
// reads such objects. The highest: GET /v1/models.
using EndpointMask = std::uint64_t;
inline constexpr EndpointMask kModelListBit = EndpointMask{1} << 63;
[[nodiscard]] constexpr EndpointMask bit_of(Endpoint endpoint) noexcept {
  return EndpointMask{1} << static_cast<unsigned>(endpoint);
}
[[nodiscard]] constexpr EndpointMask read_bit_of(Endpoint endpoint) noexcept {
  return EndpointMask{1} << (32 + static_cast<unsigned>(endpoint));
}
static_assert(kEndpointCount < 31);

// Nothing for a scope that we do not know; 0 for one that opens nothing of the data plane.
[[nodiscard]] std::optional<EndpointMask> endpoints_of_scope(std::string_view scope) noexcept;

// A scope that would open it, or what only reads there: for the refusal's message.
[[nodiscard]] std::string_view scope_for(Endpoint endpoint, bool reads = false) noexcept;

// All that are known, for error messages and documentation.
[[nodiscard]] std::span<const std::string_view> known_scopes() noexcept;

}  // namespace tg::openai
