// SPDX-License-Identifier: Apache-2.0
#include "tokens/audio_duration.h"

#include <cmath>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

constexpr std::uint64_t kSecondsMax = 7 * 24 * 60 * 60;

}  // namespace

std::string_view audio_format(std::string_view bytes) noexcept {
  const auto kind = slice(bytes, 0, 4);
  if ((kind == "RIFF" || kind == "RF64") && slice(bytes, 8, 4) == "WAVE") return "wav";
  if (kind == "fLaC") return "flac";
  if (kind == "OggS") return "ogg";
  if (kind == "\x1A\x45\xDF\xA3") return "webm";
  if (slice(bytes, 4, 4) == "ftyp") return "m4a";
  if (bytes.starts_with("ID3")) {
    return slice(without_id3(bytes), 0, 4) == "fLaC" ? "flac" : "mp3";
  }
  return starts_with_mp3_frames(bytes) ? "mp3" : "";
}

std::optional<std::int64_t> audio_milliseconds(std::string_view bytes) {
  const auto format = audio_format(bytes);
  if (format == "wav") return wav_milliseconds(bytes);
  if (format == "mp3") return mp3_milliseconds(without_id3(bytes));
  if (format == "flac") return flac_milliseconds(without_id3(bytes));
  if (format == "ogg") return ogg_milliseconds(bytes);
  if (format == "m4a") return mp4_milliseconds(bytes);
  if (format == "webm") return webm_milliseconds(bytes);
  return {};
}

std::optional<std::int64_t> milliseconds_of(std::uint64_t count,
                                            std::uint64_t per_second) noexcept {
  if (per_second == 0) return {};
  const auto seconds = count / per_second;
  const auto rest = count % per_second;
  if (seconds >= kSecondsMax || per_second > UINT32_MAX) return {};
  return static_cast<std::int64_t>(seconds * 1000 + (rest * 1000 + per_second - 1) / per_second);
}

std::optional<std::int64_t> whole_milliseconds(double milliseconds) noexcept {
  // Not `< 0 || > most`: that would let through what is not a number.
  if (!(milliseconds >= 0 && milliseconds <= 1000.0 * kSecondsMax)) return {};
  // A nanosecond is not worth a millisecond: 0.1 s times 1000 is not quite 100.
  return static_cast<std::int64_t>(std::ceil(milliseconds - 1e-6));
}

}  // namespace tg::tokens
