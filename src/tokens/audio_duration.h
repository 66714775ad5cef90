// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// How long a recording is, as its container says: WAV, MP3, FLAC, Ogg (Opus, Vorbis), MP4/M4A,
// WebM/Matroska. Whoever pays by the second pays by this where the provider does not answer with
// a duration.
//
// Threading:  pure.
// Limits:     reads headers and indexes, never decodes sound; nesting at most 8 deep; each byte is
//             looked at a bounded number of times, whatever it says.
// Errors:     nothing where the container does not say, or lies about its own structure.
namespace tg::tokens {

// Rounded up to a millisecond.
[[nodiscard]] std::optional<std::int64_t> audio_milliseconds(std::string_view bytes);

// "wav", "mp3", "flac", "ogg", "m4a", "webm", or "" when unknown.
[[nodiscard]] std::string_view audio_format(std::string_view bytes) noexcept;

}  // namespace tg::tokens
