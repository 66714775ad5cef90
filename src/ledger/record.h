// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ledger/stored_object.h"
#include "ledger/usage_event.h"

// One record of the journal, as bytes: a word of length and check sum, a word of magic, type and
// format version, the call's sequence, then the payload, padded to eight bytes.
//
// The check sum is salted with the segment's random number and the record's place, so that neither
// a record that was copied nor a text that a client chose (a model's name) can pose as one.
// The word of length and check sum is written last: while it is zero there is no record, so neither
// a reader nor a recovery ever takes half of one for whole.
//
// Threading:  pure; publish() releases and read_record() acquires that word.
// Limits:     ids are cut at 39 bytes, other texts at 255; a record is never longer than
// kRecordBytesMax. Errors:     none; what is not a whole record of a known version is no record.
namespace tg::ledger {

enum class RecordType : std::uint8_t {
  kAdmitted = 1,
  kSent = 2,
  kInstalment = 3,
  kSettled = 4,
  kObject = 5,       // made or removed upstream by this call
  kGoesOn = 6,       // the call ends and its work does not
  kSettledLate = 7,  // work that went on; of a call of any journal and epoch
};

inline constexpr std::size_t kRecordHeadBytes = 24;
inline constexpr std::size_t kTextBytesMax = 255;
// Eight ids and three other texts with their lengths, 56 numbers of ten bytes each at most. (Work
// that goes on has fewer of all.)
inline constexpr std::size_t kRecordBytesMax =
    kRecordHeadBytes + 8 * (1 + ShortText::kBytesMax) + 3 * (1 + kTextBytesMax) + 56 * 10;
// Four ids, a text and three numbers, padded.
inline constexpr std::size_t kObjectBytes =
    (kRecordHeadBytes + 4 * (1 + ShortText::kBytesMax) + 1 + kTextBytesMax + 3 * 10 + 7) / 8 * 8;
inline constexpr std::size_t kSentBytes = kRecordHeadBytes;
inline constexpr std::size_t kInstalmentBytes = kRecordHeadBytes + 32;  // three of ten, padded

constexpr std::size_t padded(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }
static_assert(padded(kRecordBytesMax) == kRecordBytesMax);

// Where a record stands; part of its check sum.
struct Place {
  std::uint32_t salt = 0;
  std::uint64_t offset = 0;
};

// Each writes all but the first word at `out`, which has room for kRecordBytesMax, and returns the
// whole record's size before padding.
[[nodiscard]] std::size_t write_admitted(std::byte* out, std::uint64_t sequence,
                                         const Admission& admission) noexcept;
[[nodiscard]] std::size_t write_sent(std::byte* out, std::uint64_t sequence) noexcept;
[[nodiscard]] std::size_t write_instalment(std::byte* out, std::uint64_t sequence,
                                           const Instalment& instalment) noexcept;
[[nodiscard]] std::size_t write_settled(std::byte* out, std::uint64_t sequence,
                                        const Admission& admission,
                                        const Settlement& settlement) noexcept;
[[nodiscard]] std::size_t write_object(std::byte* out, std::uint64_t sequence,
                                       const StoredObject& object) noexcept;
[[nodiscard]] std::size_t write_goes_on(std::byte* out, std::uint64_t sequence,
                                        const OpenWork& work) noexcept;
[[nodiscard]] std::size_t write_settled_late(std::byte* out, const UsageEvent& event) noexcept;
// Makes it a record.
void publish(std::byte* record, std::size_t size, Place place) noexcept;

struct Record {
  RecordType type{};
  std::uint64_t sequence = 0;
  std::span<const std::byte> payload;
  std::size_t size = 0;  // with padding
};

enum class Reading : std::uint8_t {
  kRecord,
  kNothing,  // the first word is zero, or no word fits
  kCutOff,   // a plausible length that goes beyond the bytes there are
  kDamaged,
};
struct ReadRecord {
  Reading reading = Reading::kNothing;
  Record record;
};
// The record at `place.offset` of a segment's bytes. The offset is a multiple of eight.
[[nodiscard]] ReadRecord read_record(std::span<const std::byte> segment, Place place) noexcept;

// Nothing where the payload is not of that type's form.
[[nodiscard]] std::optional<Admission> parse_admitted(std::span<const std::byte> payload);
[[nodiscard]] std::optional<Instalment> parse_instalment(std::span<const std::byte> payload);
struct Settled {
  Admission admission;
  Settlement settlement;
};
[[nodiscard]] std::optional<Settled> parse_settled(std::span<const std::byte> payload);
[[nodiscard]] std::optional<StoredObject> parse_object(std::span<const std::byte> payload);
// But for the id, which is the record's place and sequence.
[[nodiscard]] std::optional<OpenWork> parse_goes_on(std::span<const std::byte> payload);
[[nodiscard]] std::optional<UsageEvent> parse_settled_late(const Record& record);

}  // namespace tg::ledger
