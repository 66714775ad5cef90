// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

constexpr std::uint64_t kPageHeaderBytes = 27;
constexpr std::uint64_t kFirstPage = 2;
constexpr std::uint64_t kOpusSamplesPerSecond = 48'000;

struct Page {
  bool is_first = false;
  std::uint64_t granule = 0;
  std::uint64_t serial = 0;
  std::string_view payload;
};

// RFC 3533, section 6.
std::optional<Page> parse_page(std::string_view bytes, std::uint64_t offset) {
  const auto flags = little_endian(bytes, offset + 5, 1);
  const auto granule = little_endian(bytes, offset + 6, 8);
  const auto serial = little_endian(bytes, offset + 14, 4);
  const auto segments = little_endian(bytes, offset + 26, 1);
  if (slice(bytes, offset, 4) != "OggS" || !segments) return {};
  std::uint64_t size = 0;
  for (const char lacing : slice(bytes, offset + kPageHeaderBytes, *segments)) {
    size += static_cast<unsigned char>(lacing);
  }
  return Page{.is_first = (*flags & kFirstPage) != 0,
              .granule = *granule,
              .serial = *serial,
              .payload = slice(bytes, offset + kPageHeaderBytes + *segments, size)};
}

struct Stream {
  std::uint64_t serial = 0;
  std::uint64_t samples_per_second = 0;
  std::uint64_t skipped_samples = 0;
  std::uint64_t last_granule = 0;
  bool has_sound = false;
};

// Nothing when the stream is not sound, or of a kind we do not know.
std::optional<Stream> parse_stream(const Page& page) {
  const auto payload = page.payload;
  std::optional<std::uint64_t> rate;
  std::uint64_t skipped = 0;
  if (payload.starts_with("OpusHead")) {
    rate = kOpusSamplesPerSecond;
    skipped = little_endian(payload, 10, 2).value_or(0);
  } else if (payload.starts_with("\x01vorbis")) {
    rate = little_endian(payload, 12, 4);
  } else if (payload.starts_with("\x7F"
                                 "FLAC")) {
    // The mapping's 13 bytes, a block header of 4, then STREAMINFO with the rate at 10.
    rate = big_endian(payload, 27, 3);
    if (rate) *rate >>= 4;
  }
  if (!rate || *rate == 0) return {};
  return Stream{.serial = page.serial, .samples_per_second = *rate, .skipped_samples = skipped};
}

// Streams that follow each other add up; of those that run side by side the first counts.
class Length {
 public:
  void add(const Page& page) {
    if (page.is_first) {
      begin(page);
    } else if (stream_ && page.serial == stream_->serial) {
      // All bits set: no packet ends on this page. Other negative positions mean nothing either.
      if (page.granule <= INT64_MAX) {
        stream_->last_granule = std::max(stream_->last_granule, page.granule);
        stream_->has_sound = true;
      }
    }
  }

  std::optional<std::int64_t> finish() {
    end_stream();
    if (!is_sane_ || !has_sound_) return {};
    return milliseconds_of(static_cast<std::uint64_t>(milliseconds_), 1000);
  }

 private:
  void begin(const Page& page) {
    if (stream_ && !stream_->has_sound) return;
    auto next = parse_stream(page);
    if (!next) return;
    end_stream();
    stream_ = next;
  }

  void end_stream() {
    if (!stream_ || !stream_->has_sound) return;
    const auto samples =
        stream_->last_granule - std::min(stream_->last_granule, stream_->skipped_samples);
    const auto more = milliseconds_of(samples, stream_->samples_per_second);
    is_sane_ = is_sane_ && more;
    // No overflow: a page has 27 bytes or more, and each adds at most a week.
    milliseconds_ += more.value_or(0);
    has_sound_ = true;
    stream_.reset();
  }

  std::optional<Stream> stream_;
  std::int64_t milliseconds_ = 0;
  bool is_sane_ = true;
  bool has_sound_ = false;
};

}  // namespace

std::optional<std::int64_t> ogg_milliseconds(std::string_view bytes) {
  Length length;
  std::uint64_t offset = 0;
  while (const auto page = parse_page(bytes, offset)) {
    length.add(*page);
    const auto after = offset + kPageHeaderBytes +
                       static_cast<unsigned char>(bytes[offset + kPageHeaderBytes - 1]) +
                       page->payload.size();
    // Players look for the next page where one is damaged.
    offset = bytes.find("OggS", after);
    if (offset == std::string_view::npos) break;
  }
  return length.finish();
}

}  // namespace tg::tokens
