// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

// RFC 9639, 9.1.8 and 9.3: remainders for x^8+x^2+x+1 and x^16+x^15+x^2+1. Over a piece that ends
// with its own checksum they are 0.
std::uint32_t remainder(std::string_view bytes, int width, std::uint32_t polynomial) {
  std::uint32_t rest = 0;
  for (const char byte : bytes) {
    rest ^= std::uint32_t{static_cast<unsigned char>(byte)} << (width - 8);
    for (int bit = 0; bit < 8; ++bit) {
      rest = rest << 1 ^ ((rest >> (width - 1) & 1) != 0 ? polynomial : 0);
    }
  }
  return rest & ((1U << width) - 1);
}

struct Frame {
  bool numbers_samples = false;
  std::uint64_t number = 0;
  std::uint64_t samples = 0;
};

// RFC 9639, 9.1; a frame's header, if its checksum says that it is one.
std::optional<Frame> parse_frame(std::string_view bytes) {
  const auto head = big_endian(bytes, 0, 5);
  if (!head || *head >> 25 != 0x7FFC) return {};
  const auto samples_code = *head >> 20 & 15;
  const auto rate_code = *head >> 16 & 15;
  if (samples_code == 0 || rate_code == 15) return {};

  // The number is written as UTF-8 would, stretched to 36 bits.
  const auto lead = static_cast<std::uint8_t>(*head);
  const auto ones = static_cast<std::uint64_t>(std::countl_one(lead));
  if (ones == 1 || ones == 8) return {};
  std::uint64_t number = lead & (0xFFU >> (ones == 0 ? 1 : ones + 1));
  std::uint64_t offset = 5;
  for (std::uint64_t i = 1; i < ones; ++i, ++offset) {
    number = number << 6 | (big_endian(bytes, offset, 1).value_or(0) & 0x3F);
  }

  std::uint64_t samples = 192;
  if (samples_code >= 8) {
    samples = std::uint64_t{256} << (samples_code - 8);
  } else if (samples_code >= 6) {
    const std::size_t width = samples_code - 5;
    samples = big_endian(bytes, offset, width).value_or(0) + 1;
    offset += width;
  } else if (samples_code >= 2) {
    samples = std::uint64_t{576} << (samples_code - 2);
  }
  offset += rate_code < 12 ? 0 : rate_code == 12 ? 1 : 2;
  const auto header = slice(bytes, 0, offset + 1);
  if (header.size() != offset + 1 || remainder(header, 8, 0x07) != 0) return {};
  return Frame{.numbers_samples = (*head >> 24 & 1) != 0, .number = number, .samples = samples};
}

// Who writes to a pipe cannot come back to say how much it was; but every frame says where it is.
std::uint64_t samples_up_to_last_frame(std::string_view bytes, std::uint64_t samples_each) {
  // Larger than any frame that encoders make: 8 channels of 4608 samples of 24 bits are 110 kB.
  constexpr std::size_t kTailBytes = 128 * 1024;
  // Each costs a checksum over the tail; one in 2^23 positions looks like a header by chance.
  int tries_left = 8;
  const auto tail = bytes.substr(bytes.size() - std::min(bytes.size(), kTailBytes));
  for (std::size_t at = tail.size(); at-- > 0 && tries_left > 0;) {
    const auto frame = parse_frame(tail.substr(at));
    if (!frame) continue;
    --tries_left;
    if (remainder(tail.substr(at), 16, 0x8005) != 0) continue;
    return frame->samples + frame->number * (frame->numbers_samples ? 1 : samples_each);
  }
  return 0;
}

}  // namespace

std::optional<std::int64_t> flac_milliseconds(std::string_view bytes) {
  // RFC 9639, 8.2: STREAMINFO is always first and always 34 bytes; the rate has 20 bits, channels
  // and sample size 8, the number of samples 36, and 0 means that the writer did not know.
  constexpr std::uint64_t kStreamInfo = 34;
  const auto header = big_endian(bytes, 4, 4);
  const auto samples_each = big_endian(bytes, 8, 2);
  const auto packed = big_endian(bytes, 18, 8);
  if (!header || !packed || (*header & 0x7FFFFFFF) != kStreamInfo) return {};
  auto samples = *packed & 0xF'FFFF'FFFF;
  if (samples == 0) samples = samples_up_to_last_frame(slice(bytes, 42), *samples_each);
  if (samples == 0) return {};
  return milliseconds_of(samples, *packed >> 44);
}

}  // namespace tg::tokens
