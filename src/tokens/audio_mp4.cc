// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

constexpr int kDepthMax = 8;

struct Found {
  std::uint64_t movie_units_per_second = 0;
  std::optional<std::int64_t> movie;
  std::optional<std::int64_t> track;
  std::optional<std::uint64_t> fragments_units;
  // Sums of fragments are kept for the first track only: the others run beside it.
  std::optional<std::uint64_t> first_track_id;
  std::uint64_t first_track_units_per_second = 0;
  std::uint64_t first_track_units = 0;
  std::uint64_t sample_units = 0;
  std::uint64_t fragment_sample_units = 0;
  bool is_in_first_track = false;
};

struct Header {
  std::uint64_t units_per_second = 0;
  std::optional<std::int64_t> milliseconds;
};

// ISO 14496-12, 8.2.2 and 8.4.2: mvhd and mdhd begin alike. All bits set means "not known", and
// writers of fragments leave 0.
Header parse_header(std::string_view box) {
  const bool is_long = big_endian(box, 0, 1) == 1;
  const std::size_t width = is_long ? 8 : 4;
  const auto units_per_second = big_endian(box, 4 + 2 * width, 4);
  const auto units = big_endian(box, 8 + 2 * width, width);
  if (!units || !units_per_second) return {};
  const bool is_known = *units != 0 && *units != (is_long ? UINT64_MAX : UINT32_MAX);
  return {.units_per_second = *units_per_second,
          .milliseconds = is_known ? milliseconds_of(*units, *units_per_second) : std::nullopt};
}

bool holds_boxes(std::string_view name) {
  return name == "moov" || name == "trak" || name == "mdia" || name == "mvex" || name == "moof" ||
         name == "traf";
}

// ISO 14496-12, 8.8.7: whose samples follow, and how long each is unless it says so itself.
void take_fragment_header(std::string_view box, Found& found) {
  const auto flags = big_endian(box, 1, 3).value_or(0);
  found.is_in_first_track = found.first_track_id && big_endian(box, 4, 4) == found.first_track_id;
  const std::uint64_t offset = 8 + ((flags & 1) != 0 ? 8 : 0) + ((flags & 2) != 0 ? 4 : 0);
  const auto units = (flags & 8) != 0 ? big_endian(box, offset, 4) : std::nullopt;
  found.fragment_sample_units = units.value_or(found.sample_units);
}

// ISO 14496-12, 8.8.8.
std::uint64_t units_in_run(std::string_view box, std::uint64_t sample_units) {
  const auto flags = big_endian(box, 1, 3).value_or(0);
  const auto samples = big_endian(box, 4, 4).value_or(0);
  if ((flags & 0x100) == 0) return samples * sample_units;
  std::uint64_t stride = 4;
  for (const std::uint64_t field : {0x200U, 0x400U, 0x800U}) stride += (flags & field) != 0 ? 4 : 0;
  std::uint64_t offset = 8 + ((flags & 1) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0);
  std::uint64_t units = 0;
  for (std::uint64_t i = 0; i < samples && offset < box.size(); ++i, offset += stride) {
    units += big_endian(box, offset, 4).value_or(0);
  }
  return units;
}

void take_run(std::string_view box, Found& found) {
  // More than a week at any rate, and far from overflow when added to itself.
  constexpr std::uint64_t kUnitsMax = std::uint64_t{1} << 53;
  if (!found.is_in_first_track) return;
  const auto units = std::min(units_in_run(box, found.fragment_sample_units), kUnitsMax);
  found.first_track_units = std::min(found.first_track_units + units, kUnitsMax);
}

void take(std::string_view name, std::string_view box, Found& found) {
  if (name == "mvhd") {
    const auto header = parse_header(box);
    found.movie_units_per_second = header.units_per_second;
    found.movie = header.milliseconds;
  } else if (name == "mdhd") {
    const auto header = parse_header(box);
    found.track = std::max(found.track, header.milliseconds);
    if (found.first_track_units_per_second == 0) {
      found.first_track_units_per_second = header.units_per_second;
    }
  } else if (name == "tkhd" && !found.first_track_id) {
    found.first_track_id = big_endian(box, big_endian(box, 0, 1) == 1 ? 20 : 12, 4);
  } else if (name == "trex" && big_endian(box, 4, 4) == found.first_track_id) {
    found.sample_units = big_endian(box, 12, 4).value_or(0);
  } else if (name == "tfhd") {
    take_fragment_header(box, found);
  } else if (name == "trun") {
    take_run(box, found);
  } else if (name == "mehd") {
    found.fragments_units = big_endian(box, 4, big_endian(box, 0, 1) == 1 ? 8 : 4);
  }
}

// Only boxes known to hold boxes are entered, each once, so all bytes are passed at most
// kDepthMax times.
void walk(std::string_view boxes, int depth, Found& found) {
  while (const auto stated = big_endian(boxes, 0, 4)) {
    const auto name = slice(boxes, 4, 4);
    std::uint64_t header_bytes = 8;
    std::uint64_t size = *stated;
    if (size == 1) {
      header_bytes = 16;
      size = big_endian(boxes, 8, 8).value_or(0);
    } else if (size == 0) {
      size = boxes.size();
    }
    if (size < header_bytes) return;
    const auto inside = slice(boxes, header_bytes, size - header_bytes);
    if (holds_boxes(name)) {
      if (depth < kDepthMax) walk(inside, depth + 1, found);
    } else {
      take(name, inside, found);
    }
    boxes = slice(boxes, size);
  }
}

}  // namespace

std::optional<std::int64_t> mp4_milliseconds(std::string_view bytes) {
  Found found;
  walk(bytes, 1, found);
  if (found.movie) return found.movie;
  if (found.fragments_units.value_or(0) != 0) {
    return milliseconds_of(*found.fragments_units, found.movie_units_per_second);
  }
  if (found.first_track_units != 0) {
    return milliseconds_of(found.first_track_units, found.first_track_units_per_second);
  }
  return found.track;
}

}  // namespace tg::tokens
