// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// What the readers behind audio_duration.h share: one reader for each container, and numbers taken
// from bytes that may end anywhere. Nobody outside this room includes this file.
//
// Threading:  pure.
// Limits:     time linear in the bytes, no memory of its own; see audio_duration.h.
// Errors:     nothing where the bytes do not say.
namespace tg::tokens {

[[nodiscard]] std::optional<std::int64_t> wav_milliseconds(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> mp3_milliseconds(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> flac_milliseconds(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> ogg_milliseconds(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> mp4_milliseconds(std::string_view bytes);
[[nodiscard]] std::optional<std::int64_t> webm_milliseconds(std::string_view bytes);

// Whether an MPEG audio frame stands at the beginning, and another (or the end) after it.
[[nodiscard]] bool starts_with_mp3_frames(std::string_view bytes) noexcept;

// The bytes after all leading ID3v2 tags; empty when a tag claims more than there is.
[[nodiscard]] std::string_view without_id3(std::string_view bytes) noexcept;

// Rounded up; nothing for a rate of zero, and for more than a week: no upload that a gateway takes
// holds so much, so whoever says it lies, and a bill must not follow.
[[nodiscard]] std::optional<std::int64_t> milliseconds_of(std::uint64_t count,
                                                          std::uint64_t per_second) noexcept;

// The same for a length that is already in milliseconds but not whole.
[[nodiscard]] std::optional<std::int64_t> whole_milliseconds(double milliseconds) noexcept;

// The bytes from `offset` on, at most `count`; empty when there are none.
[[nodiscard]] inline std::string_view slice(std::string_view bytes, std::uint64_t offset,
                                            std::uint64_t count = std::string_view::npos) noexcept {
  return offset < bytes.size() ? bytes.substr(offset, count) : std::string_view{};
}

// `width` bytes at `offset` as a number, at most 8; nothing when they are not all there.
[[nodiscard]] inline std::optional<std::uint64_t> big_endian(std::string_view bytes,
                                                             std::uint64_t offset,
                                                             std::size_t width) noexcept {
  const auto field = slice(bytes, offset, width);
  if (width > 8 || field.size() != width) return {};
  std::uint64_t number = 0;
  for (const char byte : field) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

[[nodiscard]] inline std::optional<std::uint64_t> little_endian(std::string_view bytes,
                                                                std::uint64_t offset,
                                                                std::size_t width) noexcept {
  const auto field = slice(bytes, offset, width);
  if (width > 8 || field.size() != width) return {};
  std::uint64_t number = 0;
  for (std::size_t i = width; i-- > 0;) number = number << 8 | static_cast<unsigned char>(field[i]);
  return number;
}

}  // namespace tg::tokens
