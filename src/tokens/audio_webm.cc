// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "tokens/audio_containers.h"

namespace tg::tokens {
namespace {

// RFC 9559, section 5.1; the numbers contain their own length marks.
constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kInfo = 0x1549A966;
constexpr std::uint64_t kTimestampScale = 0x2AD7B1;
constexpr std::uint64_t kDuration = 0x4489;
constexpr std::uint64_t kCluster = 0x1F43B675;
constexpr std::uint64_t kTimestamp = 0xE7;
constexpr std::uint64_t kSimpleBlock = 0xA3;
constexpr std::uint64_t kBlockGroup = 0xA0;
constexpr std::uint64_t kBlock = 0xA1;

struct Number {
  std::uint64_t value = 0;
  std::size_t width = 0;
};

// As many zero bits as bytes follow, a one, and the number.
std::optional<Number> parse_number(std::string_view bytes, std::uint64_t offset) {
  const auto head = big_endian(bytes, offset, 1);
  if (!head || *head == 0) return {};
  const auto width =
      static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(*head))) + 1;
  const auto value = big_endian(bytes, offset, width);
  if (!value) return {};
  return Number{*value, width};
}

std::uint64_t without_mark(const Number& number) {
  return number.value & ((std::uint64_t{1} << 7 * number.width) - 1);
}

std::optional<double> parse_float(std::string_view field) {
  if (field.size() == 4) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(*big_endian(field, 0, 4)));
  }
  if (field.size() == 8) return std::bit_cast<double>(*big_endian(field, 0, 8));
  return {};
}

struct Times {
  std::uint64_t nanoseconds_per_tick = 1'000'000;
  std::optional<double> stated_ticks;
  double cluster_ticks = 0;
  std::optional<double> first_ticks;
  double last_ticks = 0;

  void see(double ticks) {
    first_ticks = std::min(first_ticks.value_or(ticks), ticks);
    last_ticks = std::max(last_ticks, ticks);
  }
};

void take_block(std::string_view field, Times& times) {
  const auto track = parse_number(field, 0);
  const auto relative = track ? big_endian(field, track->width, 2) : std::nullopt;
  if (relative) times.see(times.cluster_ticks + static_cast<std::int16_t>(*relative));
}

void take(std::uint64_t id, std::string_view field, Times& times) {
  const auto number = big_endian(field, 0, field.size());
  if (id == kTimestampScale && number) times.nanoseconds_per_tick = *number;
  if (id == kDuration) times.stated_ticks = parse_float(field);
  if (id == kTimestamp && number) {
    times.cluster_ticks = static_cast<double>(*number);
    times.see(times.cluster_ticks);
  }
  if (id == kSimpleBlock || id == kBlock) take_block(field, times);
}

}  // namespace

std::optional<std::int64_t> webm_milliseconds(std::string_view bytes) {
  Times times;
  std::uint64_t offset = 0;
  while (const auto id = parse_number(bytes, offset)) {
    const auto size = parse_number(bytes, offset + id->width);
    if (!size) break;
    offset += id->width + size->width;
    // To enter an element is to step over its head only. That needs no stack, and it is how an
    // element of unknown size, as browsers record them, must be read anyway.
    const bool is_entered = id->value == kSegment || id->value == kInfo || id->value == kCluster ||
                            id->value == kBlockGroup;
    if (is_entered) continue;
    const auto length = without_mark(*size);
    take(id->value, slice(bytes, offset, length), times);
    // No overflow: a length has at most 56 bits, and offset is at most the file's size before it.
    offset += length;
  }
  // The longer of what the file says and what is in it: a recording cut off says nothing, and one
  // that says too little is played all the same.
  auto ticks = times.stated_ticks;
  if (times.first_ticks && times.last_ticks > *times.first_ticks) {
    ticks = std::max(ticks.value_or(0), times.last_ticks - *times.first_ticks);
  }
  if (!ticks || *ticks == 0 || times.nanoseconds_per_tick == 0) return {};
  return whole_milliseconds(*ticks * static_cast<double>(times.nanoseconds_per_tick) / 1e6);
}

}  // namespace tg::tokens
