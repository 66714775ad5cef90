// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret_bytes.h"

// A secret key's text: `sk-tg-<kind>-<43 base62: 256 random bits><6 base62: CRC-32 of all before>`.
// The checksum lets a scanner, and this server, discard what merely looks like a key.
//
// Threading:  pure.
namespace tg::keys {

enum class KeyKind : std::uint8_t { kProject, kServiceAccount, kAdmin, kTest };

inline constexpr std::string_view kKeyPrefix = "sk-tg-";

[[nodiscard]] SecretBytes make_key(KeyKind kind);

// The kind, if the text is a well-formed key with a right checksum.
[[nodiscard]] std::optional<KeyKind> parse_key(std::string_view text) noexcept;

// "sk-tg-proj-...wxyz"
[[nodiscard]] std::string redact_key(std::string_view key);

// As the command line and the API name it: project, service-account, admin, test.
[[nodiscard]] std::string_view name(KeyKind kind) noexcept;
[[nodiscard]] std::optional<KeyKind> parse_kind(std::string_view name) noexcept;

}  // namespace tg::keys
