// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

constexpr std::uint64_t kPcm = 1;
constexpr std::uint64_t kFloat = 3;
constexpr std::uint64_t kALaw = 6;
constexpr std::uint64_t kMuLaw = 7;
constexpr std::uint64_t kExtensible = 0xFFFE;

// What a decoder goes by: for plain samples it never looks at the stated byte rate, so neither may
// the bill.
std::optional<std::uint64_t> bytes_per_second(std::string_view chunk) {
  auto coding = little_endian(chunk, 0, 2);
  // The extension's GUID begins with the coding it stands for.
  if (coding == kExtensible) coding = little_endian(chunk, 24, 2);
  const auto channels = little_endian(chunk, 2, 2);
  const auto samples_per_second = little_endian(chunk, 4, 4);
  const auto stated = little_endian(chunk, 8, 4);
  const auto bits = little_endian(chunk, 14, 2);
  if (!coding || !bits) return {};
  if (*coding == kPcm || *coding == kFloat || *coding == kALaw || *coding == kMuLaw) {
    return *samples_per_second * *channels * ((*bits + 7) / 8);
  }
  return stated;
}

}  // namespace

std::optional<std::int64_t> wav_milliseconds(std::string_view bytes) {
  std::optional<std::uint64_t> rate;
  std::uint64_t offset = 12;
  while (const auto size = little_endian(bytes, offset + 4, 4)) {
    const auto name = slice(bytes, offset, 4);
    offset += 8;
    if (name == "fmt ") rate = bytes_per_second(slice(bytes, offset, *size));
    if (name == "data") {
      if (!rate) return {};
      const std::uint64_t there = bytes.size() - offset;
      // Who writes to a pipe cannot come back to fill the size in.
      const bool streamed = *size == 0 || *size == UINT32_MAX;
      return milliseconds_of(streamed ? there : std::min(*size, there), *rate);
    }
    offset += *size + (*size & 1);
  }
  return {};
}

}  // namespace tg::tokens
