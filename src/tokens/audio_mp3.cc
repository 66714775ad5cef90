// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

// The least common multiple of the nine sampling rates of MPEG audio, so that frames of any of
// them add up exactly.
constexpr std::uint64_t kTicksPerSecond = 14'112'000;

constexpr std::array<std::uint64_t, 3> kSamplesPerSecond{44'100, 48'000, 32'000};

using Row = std::array<std::uint64_t, 15>;
// ISO 11172-3 table 2.4.2.3 and ISO 13818-3; index 0 (free format) does not tell a frame's length.
constexpr std::array<Row, 3> kFirstKilobits{{
    {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
    {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
}};
constexpr std::array<Row, 2> kSecondKilobits{{
    {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
    {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}};

struct Frame {
  std::uint64_t size_bytes = 0;
  std::uint64_t ticks = 0;
  std::size_t side_information_bytes = 0;
};

std::uint64_t samples_in_frame(bool first_version, std::uint64_t layer) {
  if (layer == 1) return 384;
  return layer == 3 && !first_version ? 576 : 1152;
}

std::optional<Frame> parse_frame(std::string_view bytes, std::uint64_t offset) {
  const auto header = big_endian(bytes, offset, 4);
  if (!header || *header >> 21 != 0x7FF) return {};
  const auto version = *header >> 19 & 3;  // 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5
  const auto layer = 4 - (*header >> 17 & 3);
  const auto rate_index = *header >> 10 & 3;
  const auto kilobits_index = *header >> 12 & 15;
  if (version == 1 || layer == 4 || rate_index == 3) return {};
  if (kilobits_index == 0 || kilobits_index == 15) return {};

  const bool first = version == 3;
  const auto& row = first ? kFirstKilobits[layer - 1] : kSecondKilobits[layer == 1 ? 0 : 1];
  const auto rate = kSamplesPerSecond[rate_index] >> (first ? 0 : version == 2 ? 1 : 2);
  const auto samples = samples_in_frame(first, layer);
  const auto padding = *header >> 9 & 1;
  const auto bits = row[kilobits_index] * 1000;
  const bool mono = (*header >> 6 & 3) == 3;
  return Frame{.size_bytes = layer == 1 ? (12 * bits / rate + padding) * 4
                                        : samples / 8 * bits / rate + padding,
               .ticks = samples * (kTicksPerSecond / rate),
               .side_information_bytes = first ? (mono ? 17U : 32U) : (mono ? 9U : 17U)};
}

// A frame of silence by which encoders say how many frames follow. It is not played, and what it
// says is not believed: the frames are there to be counted.
bool is_index(std::string_view bytes, std::uint64_t offset, const Frame& frame) {
  const auto name = slice(bytes, offset + 4 + frame.side_information_bytes, 4);
  return name == "Xing" || name == "Info" || slice(bytes, offset + 36, 4) == "VBRI";
}

// Eleven set bits turn up in pictures and tags too; two headers at the right distance hardly do.
bool is_followed(std::string_view bytes, std::uint64_t offset, const Frame& frame) {
  const auto next = offset + frame.size_bytes;
  return next == bytes.size() || parse_frame(bytes, next).has_value();
}

}  // namespace

bool starts_with_mp3_frames(std::string_view bytes) noexcept {
  const auto frame = parse_frame(bytes, 0);
  if (!frame) return false;
  return bytes.size() < frame->size_bytes + 4 || is_followed(bytes, 0, *frame);
}

std::string_view without_id3(std::string_view bytes) noexcept {
  while (bytes.starts_with("ID3")) {
    const auto size = big_endian(bytes, 6, 4);
    if (!size || (*size & 0x80808080) != 0) return {};
    const auto payload = (*size >> 24) << 21 | (*size >> 16 & 0x7F) << 14 |
                         (*size >> 8 & 0x7F) << 7 | (*size & 0x7F);
    const bool has_footer = (static_cast<unsigned char>(bytes[5]) & 0x10) != 0;
    bytes = slice(bytes, payload + (has_footer ? 20 : 10));
  }
  return bytes;
}

std::optional<std::int64_t> mp3_milliseconds(std::string_view bytes) {
  std::uint64_t ticks = 0;
  bool in_step = false;
  bool first = true;
  std::uint64_t offset = 0;
  while (offset + 4 <= bytes.size()) {
    const auto frame = parse_frame(bytes, offset);
    const bool is_whole = frame && frame->size_bytes <= bytes.size() - offset;
    if (!is_whole || (!in_step && !is_followed(bytes, offset, *frame))) {
      in_step = false;
      ++offset;
      continue;
    }
    if (!first || !is_index(bytes, offset, *frame)) ticks += frame->ticks;
    first = false;
    in_step = true;
    offset += frame->size_bytes;
  }
  if (ticks == 0) return {};
  return milliseconds_of(ticks, kTicksPerSecond);
}

}  // namespace tg::tokens
