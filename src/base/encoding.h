// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Bytes as text and back, and the check sum of keys and journal records.
namespace tg {

[[nodiscard]] std::string to_hex(std::span<const unsigned char> bytes);
// False unless `text` is as many bytes as `out` has. Not for secrets: how long it takes depends on
// them.
[[nodiscard]] bool from_hex(std::string_view text, std::span<unsigned char> out);
[[nodiscard]] std::string to_base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

inline constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// `count` characters, each drawn evenly from the 62 by the system's random source.
void random_base62(std::span<char> out);

// CRC-32 (ISO-HDLC, as zlib and PNG have it).
[[nodiscard]] std::uint32_t crc32(std::string_view bytes, std::uint32_t seed = 0) noexcept;

}  // namespace tg
