// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_lines.h"

#include <algorithm>
#include <cstring>

namespace tg::gateway {
namespace {

// Records begin at multiples of this, so that a Size always fits before the end of the ring.
constexpr std::size_t kAlignment = 8;

constexpr std::size_t rounded_up(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

CallLines::CallLines() : bytes_{std::make_unique_for_overwrite<char[]>(kBytes)} {}

char* CallLines::place(std::uint64_t position) const noexcept {
  return bytes_.get() + position % kBytes;
}

bool CallLines::add(const CallLine& line) noexcept {
  TextSizes sizes;
  std::size_t bytes = kFixedBytes;
  for (std::size_t at = 0; at < sizes.size(); ++at) {
    const auto size = std::min((line.*CallLine::kTexts[at]).size(), CallLine::kTextBytesMax);
    sizes[at] = static_cast<std::uint16_t>(size);
    bytes += size;
  }
  bytes = rounded_up(bytes);

  const auto written = written_.load(std::memory_order_relaxed);
  const auto to_end = kBytes - written % kBytes;
  const auto skipped = bytes > to_end ? to_end : 0;
  // The reader's place is asked for only where it may matter: it lies on the reader's cache line.
  const auto after = written + skipped + bytes;
  if (after - known_taken_ > kBytes / 2) known_taken_ = taken_.load(std::memory_order_acquire);
  if (after - known_taken_ > kBytes) return false;
  if (skipped > 0) std::memcpy(place(written), &kSkip, sizeof kSkip);
  char* to = place(written + skipped);
  const auto size = static_cast<Size>(bytes);
  const auto append = [&to](const void* from, std::size_t count) {
    if (count > 0) std::memcpy(to, from, count);
    to += count;
  };
  append(&size, sizeof size);
  append(&line.numbers, sizeof line.numbers);
  append(&sizes, sizeof sizes);
  for (std::size_t at = 0; at < sizes.size(); ++at) {
    append((line.*CallLine::kTexts[at]).data(), sizes[at]);
  }
  written_.store(after, std::memory_order_release);
  return true;
}

bool CallLines::half_full() const noexcept {
  return written_.load(std::memory_order_relaxed) - known_taken_ > kBytes / 2;
}

bool CallLines::take(CallLine& line) noexcept {
  auto position = taken_.load(std::memory_order_relaxed);
  if (position == written_.load(std::memory_order_acquire)) return false;
  Size size = 0;
  std::memcpy(&size, place(position), sizeof size);
  if (size == kSkip) {
    position += kBytes - position % kBytes;
    std::memcpy(&size, place(position), sizeof size);
  }
  next_ = position + size;
  const char* from = place(position) + sizeof size;
  std::memcpy(&line.numbers, from, sizeof line.numbers);
  from += sizeof line.numbers;
  TextSizes sizes;
  std::memcpy(&sizes, from, sizeof sizes);
  from += sizeof sizes;
  for (std::size_t at = 0; at < sizes.size(); ++at) {
    line.*CallLine::kTexts[at] = {from, sizes[at]};
    from += sizes[at];
  }
  return true;
}

void CallLines::drop() noexcept { taken_.store(next_, std::memory_order_release); }

}  // namespace tg::gateway
