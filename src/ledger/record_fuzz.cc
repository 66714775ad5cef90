// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a segment, reading stays inside it and ends; a payload that passes its check
// sum is refused or reads to what writes and reads again as the same.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/record.h"

namespace tg::ledger {
namespace {

constexpr Place kPlace{.salt = 42, .offset = 0};

// Words, because a record stands at a multiple of eight bytes; on the heap and of just that size,
// so that AddressSanitizer sees a read past the end.
class Segment {
 public:
  explicit Segment(std::size_t bytes)
      : words_{std::make_unique<std::uint64_t[]>(padded(bytes) / 8)}, bytes_{bytes} {}
  std::span<std::byte> bytes() const {
    return {reinterpret_cast<std::byte*>(words_.get()), bytes_};
  }

 private:
  std::unique_ptr<std::uint64_t[]> words_;
  std::size_t bytes_;
};

void read_all(std::span<const std::byte> segment) {
  for (std::size_t offset = 0; offset <= segment.size(); offset += 8) {
    const auto read = read_record(segment, {.salt = kPlace.salt, .offset = offset});
    if (read.reading != Reading::kRecord) continue;
    TG_CHECK(read.record.size >= kRecordHeadBytes);
    TG_CHECK(read.record.size <= segment.size() - offset);
    TG_CHECK(read.record.payload.size() + kRecordHeadBytes <= read.record.size);
  }
}

std::vector<std::byte> written(const Settled& settled) {
  std::array<std::byte, kRecordBytesMax> out{};
  const auto size = write_settled(out.data(), 1, settled.admission, settled.settlement);
  TG_CHECK(size <= kRecordBytesMax);
  return {out.begin() + kRecordHeadBytes, out.begin() + static_cast<std::ptrdiff_t>(size)};
}

std::vector<std::byte> written(const Admission& admission) {
  std::array<std::byte, kRecordBytesMax> out{};
  const auto size = write_admitted(out.data(), 1, admission);
  TG_CHECK(size <= kRecordBytesMax);
  return {out.begin() + kRecordHeadBytes, out.begin() + static_cast<std::ptrdiff_t>(size)};
}

void parse_as_each_type(std::span<const std::byte> payload) {
  if (const auto settled = parse_settled(payload)) {
    const auto once = written(*settled);
    const auto again = parse_settled(once);
    TG_CHECK(again && written(*again) == once);
  }
  if (const auto admission = parse_admitted(payload)) {
    const auto once = written(*admission);
    const auto again = parse_admitted(once);
    TG_CHECK(again && written(*again) == once);
  }
  (void)parse_instalment(payload);
}

// The same bytes as the payload of a record that was published.
void publish_and_read(std::span<const std::byte> payload) {
  const auto kept = payload.first(std::min(payload.size(), kRecordBytesMax - kRecordHeadBytes));
  const auto size = kRecordHeadBytes + kept.size();
  const Segment segment{padded(size)};
  (void)write_sent(segment.bytes().data(), 9);
  std::ranges::copy(kept, segment.bytes().data() + kRecordHeadBytes);
  TG_CHECK(read_record(segment.bytes(), kPlace).reading == Reading::kNothing);
  publish(segment.bytes().data(), size, kPlace);
  const auto read = read_record(segment.bytes(), kPlace);
  TG_CHECK(read.reading == Reading::kRecord && read.record.sequence == 9);
  TG_CHECK(std::ranges::equal(read.record.payload, kept));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Segment segment{size};
  if (size > 0) std::memcpy(segment.bytes().data(), data, size);
  read_all(segment.bytes());
  parse_as_each_type(segment.bytes());
  publish_and_read(segment.bytes());
  return 0;
}

}  // namespace tg::ledger
