// SPDX-License-Identifier: Apache-2.0
#include "ledger/record.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>

#include "ledger/check_sum.h"

namespace tg::ledger {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");
static_assert(std::atomic_ref<std::uint64_t>::is_always_lock_free);

constexpr std::uint16_t kMagic = 0x4a54;  // "TJ"
constexpr std::uint8_t kFormatVersion = 2;
constexpr std::size_t kCheckedFrom = 8;
constexpr int kStatusMax = 999;
constexpr std::int64_t kFlagsMax = 0xffff'ffff;

// Of an admission. The later ones say that more follows its usual fields, so that a journal that an
// earlier Tollgate wrote stays readable.
constexpr int kStreams = 1;
constexpr int kTests = 2;
constexpr int kHasPriceId = 4;
constexpr int kHasCharge = 8;
constexpr int kOrganizationCredit = 16;
constexpr int kProjectCredit = 32;
constexpr int kAdmissionFlags =
    kStreams | kTests | kHasPriceId | kHasCharge | kOrganizationCredit | kProjectCredit;

std::uint64_t load_word(const std::byte* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Magic, format version and type in one word, so that a search looks at one number.
std::uint64_t kind_word(RecordType type) noexcept {
  return kMagic | (std::uint64_t{kFormatVersion} << 16) | (static_cast<std::uint64_t>(type) << 24);
}

std::uint32_t check_sum(const std::byte* record, std::size_t size, Place place) noexcept {
  const std::uint64_t seed[] = {place.offset, (std::uint64_t{size} << 32) | place.salt};
  return crc32c({record + kCheckedFrom, size - kCheckedFrom},
                crc32c(std::as_bytes(std::span{seed})));
}

class Writer {
 public:
  Writer(std::byte* out, RecordType type, std::uint64_t sequence) noexcept
      : begin_{out}, at_{out + kCheckedFrom} {
    word(kind_word(type));
    word(sequence);
  }

  // Seven bits a byte, lowest first: most counts of a call are small or zero.
  void number(std::int64_t value) noexcept {
    auto rest = static_cast<std::uint64_t>(value);
    while (rest >= 0x80) {
      *at_++ = static_cast<std::byte>(rest | 0x80);
      rest >>= 7;
    }
    *at_++ = static_cast<std::byte>(rest);
  }

  void text(std::string_view text) noexcept {
    const auto kept = text.substr(0, kTextBytesMax);
    *at_++ = static_cast<std::byte>(kept.size());
    std::memcpy(at_, kept.data(), kept.size());
    at_ += kept.size();
  }

  // What is copied behind its end is written over by what follows.
  void id(const ShortText& text) noexcept {
    *at_++ = static_cast<std::byte>(text.view().size());
    std::memcpy(at_, text.bytes().data(), text.bytes().size());
    at_ += text.view().size();
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

 private:
  void word(std::uint64_t value) noexcept {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }

  std::byte* begin_;
  std::byte* at_;
};

class Parser {
 public:
  explicit Parser(std::span<const std::byte> payload) : rest_{payload} {}

  void number(std::int64_t& value) {
    std::uint64_t read = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const auto byte = next();
      read |= (byte & 0x7f) << std::min(shift, 63);
      if ((byte & 0x80) == 0) break;
    }
    value = static_cast<std::int64_t>(read);
  }

  template <typename Small>
  void small(Small& value, std::int64_t largest) {
    std::int64_t read = 0;
    number(read);
    check(value, read, largest);
  }
  template <typename Small>
  void check(Small& value, std::int64_t read, std::int64_t largest) {
    good_ = good_ && read >= 0 && read <= largest;
    value = static_cast<Small>(read);
  }

  void money(NanoUsd& value) {
    std::int64_t read = 0;
    number(read);
    value = NanoUsd{read};
  }

  void text(std::string& value) { value = text(); }
  void id(ShortText& value) {
    const auto read = text();
    good_ = good_ && read.size() <= ShortText::kBytesMax;
    value = read;
  }

  // True when everything was there and nothing is left.
  bool finished() const { return good_ && rest_.empty(); }

 private:
  std::uint64_t next() {
    if (rest_.empty()) {
      good_ = false;
      return 0;
    }
    const auto byte = static_cast<std::uint64_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return byte;
  }

  std::string_view text() {
    const auto size = next();
    if (size > rest_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view read{reinterpret_cast<const char*>(rest_.data()), size};
    rest_ = rest_.subspan(size);
    return read;
  }

  std::span<const std::byte> rest_;
  bool good_ = true;
};

int credit_flag(CreditOf of) noexcept {
  switch (of) {
    case CreditOf::kNobody: return 0;
    case CreditOf::kOrganization: return kOrganizationCredit;
    case CreditOf::kProject: return kProjectCredit;
  }
  return 0;
}

CreditOf credit_of(int flags) noexcept {
  if ((flags & kProjectCredit) != 0) return CreditOf::kProject;
  return (flags & kOrganizationCredit) != 0 ? CreditOf::kOrganization : CreditOf::kNobody;
}

void write(Writer& out, const Admission& admission) noexcept {
  out.number(to_unix_ms(admission.at));
  out.number(static_cast<std::int64_t>(admission.endpoint));
  out.number((admission.stream ? kStreams : 0) | (admission.test ? kTests : 0) |
             (admission.price_id != 0 ? kHasPriceId : 0) |
             (admission.charges_as_cost() ? 0 : kHasCharge) | credit_flag(admission.credit_of));
  for (const auto* id : {&admission.key_id, &admission.owner_id, &admission.project_id,
                         &admission.organization_id}) {
    out.id(*id);
  }
  out.text(admission.model);
  out.text(admission.upstream_model);
  out.id(admission.provider_id);
  out.number(admission.held.count());
  out.number(admission.prompt_charge.count());
  out.number(admission.interrupted_charge.count());
  out.number(admission.prompt_tokens);
  out.number(admission.interrupted_tokens);
  if (admission.price_id != 0) out.number(admission.price_id);
  if (admission.charges_as_cost()) return;
  out.number(admission.charge_factor_millionths);
  out.number(admission.charge_price_id);
  out.number(admission.held_cost.count());
  out.number(admission.prompt_cost.count());
  out.number(admission.interrupted_cost.count());
}

void parse(Parser& in, Admission& admission) {
  std::int64_t at_ms = 0;
  in.number(at_ms);
  admission.at = from_unix_ms(at_ms);
  in.small(admission.endpoint, openai::kEndpointCount - 1);
  int flags = 0;
  in.small(flags, kAdmissionFlags);
  admission.stream = (flags & kStreams) != 0;
  admission.test = (flags & kTests) != 0;
  admission.credit_of = credit_of(flags);
  for (auto* id : {&admission.key_id, &admission.owner_id, &admission.project_id,
                   &admission.organization_id}) {
    in.id(*id);
  }
  in.text(admission.model);
  in.text(admission.upstream_model);
  in.id(admission.provider_id);
  in.money(admission.held);
  in.money(admission.prompt_charge);
  in.money(admission.interrupted_charge);
  in.number(admission.prompt_tokens);
  in.number(admission.interrupted_tokens);
  if ((flags & kHasPriceId) != 0) in.number(admission.price_id);
  if ((flags & kHasCharge) == 0) return;
  in.number(admission.charge_factor_millionths);
  in.number(admission.charge_price_id);
  in.money(admission.held_cost);
  in.money(admission.prompt_cost);
  in.money(admission.interrupted_cost);
}

// Of a settlement's outcome: what earlier versions did not know follows the usual fields, so that a
// journal that they wrote stays readable.
constexpr int kHasDetails = 64;
constexpr std::span kUsualCounts = std::span{openai::kUsageCounts}.first<14>();
constexpr std::span kLaterCounts = std::span{openai::kUsageCounts}.subspan<14>();

bool has_details(const Settlement& settlement) noexcept {
  return settlement.served_price_id != 0 || !settlement.tier.empty() || !settlement.size.empty() ||
         !settlement.quality.empty() || std::ranges::any_of(kLaterCounts, [&](auto count) {
           return settlement.usage.*count != 0;
         });
}

void write_details(Writer& out, const Settlement& settlement) noexcept {
  for (const auto count : kLaterCounts) out.number(settlement.usage.*count);
  out.id(settlement.tier);
  out.id(settlement.size);
  out.id(settlement.quality);
  out.number(settlement.served_price_id);
}

void parse_details(Parser& in, Settlement& settlement) {
  for (const auto count : kLaterCounts) in.number(settlement.usage.*count);
  in.id(settlement.tier);
  in.id(settlement.size);
  in.id(settlement.quality);
  in.number(settlement.served_price_id);
}

void write(Writer& out, const Settlement& settlement) noexcept {
  const bool detailed = has_details(settlement);
  out.number(static_cast<std::int64_t>(settlement.outcome) | (detailed ? kHasDetails : 0));
  out.number(std::clamp(settlement.http_status, 0, kStatusMax));
  out.text(settlement.served_model);
  for (const auto count : kUsualCounts) out.number(settlement.usage.*count);
  out.number(static_cast<std::int64_t>(settlement.usage.source));
  out.number(settlement.cost.count());
  out.number(settlement.charge.count());
  out.number(settlement.would_have_cost.count());
  out.number(settlement.duration_ms);
  out.number(settlement.flags);
  if (detailed) write_details(out, settlement);
}

void parse(Parser& in, Settlement& settlement) {
  std::int64_t outcome = 0;
  in.number(outcome);
  const bool detailed = (outcome & kHasDetails) != 0;
  in.check(settlement.outcome, outcome & ~std::int64_t{kHasDetails},
           static_cast<std::int64_t>(Outcome::kLimitReached));
  in.small(settlement.http_status, kStatusMax);
  in.text(settlement.served_model);
  for (const auto count : kUsualCounts) in.number(settlement.usage.*count);
  in.small(settlement.usage.source, static_cast<std::int64_t>(openai::UsageSource::kEstimated));
  in.money(settlement.cost);
  in.money(settlement.charge);
  in.money(settlement.would_have_cost);
  in.number(settlement.duration_ms);
  in.small(settlement.flags, kFlagsMax);
  if (detailed) parse_details(in, settlement);
}

void write(Writer& out, const StoredObject& object) noexcept {
  out.number(static_cast<std::int64_t>(object.kind));
  out.number(to_unix_ms(object.at));
  out.number(object.removed ? 1 : 0);
  for (const auto* id :
       {&object.project_id, &object.organization_id, &object.key_id, &object.provider_id}) {
    out.id(*id);
  }
  out.text(object.id);
}

void parse(Parser& in, StoredObject& object) {
  std::int64_t at_ms = 0;
  in.small(object.kind, openai::kObjectKindCount - 1);
  in.number(at_ms);
  object.at = from_unix_ms(at_ms);
  in.small(object.removed, 1);
  for (auto* id :
       {&object.project_id, &object.organization_id, &object.key_id, &object.provider_id}) {
    in.id(*id);
  }
  in.text(object.id);
}

bool known_kind(std::uint64_t kind) noexcept {
  const auto type = kind >> 24;
  return (kind & 0xff'ffff) == (kMagic | (std::uint64_t{kFormatVersion} << 16)) && type >= 1 &&
         type <= static_cast<std::uint64_t>(RecordType::kSettledLate);
}

}  // namespace

std::size_t write_admitted(std::byte* out, std::uint64_t sequence,
                           const Admission& admission) noexcept {
  Writer writer{out, RecordType::kAdmitted, sequence};
  write(writer, admission);
  return writer.size();
}

std::size_t write_sent(std::byte* out, std::uint64_t sequence) noexcept {
  return Writer{out, RecordType::kSent, sequence}.size();
}

std::size_t write_instalment(std::byte* out, std::uint64_t sequence,
                             const Instalment& instalment) noexcept {
  Writer writer{out, RecordType::kInstalment, sequence};
  writer.number(instalment.output_charge.count());
  writer.number(instalment.output_tokens);
  if (instalment.output_cost != NanoUsd{}) writer.number(instalment.output_cost.count());
  return writer.size();
}

std::size_t write_settled(std::byte* out, std::uint64_t sequence, const Admission& admission,
                          const Settlement& settlement) noexcept {
  Writer writer{out, RecordType::kSettled, sequence};
  write(writer, admission);
  write(writer, settlement);
  return writer.size();
}

std::size_t write_object(std::byte* out, std::uint64_t sequence,
                         const StoredObject& object) noexcept {
  Writer writer{out, RecordType::kObject, sequence};
  write(writer, object);
  return writer.size();
}

std::size_t write_goes_on(std::byte* out, std::uint64_t sequence, const OpenWork& work) noexcept {
  Writer writer{out, RecordType::kGoesOn, sequence};
  write(writer, work.admission);
  writer.number(static_cast<std::int64_t>(work.kind));
  writer.text(work.object_id);
  writer.id(work.provider_id);
  writer.id(work.tier);
  writer.number(work.held_input_tokens);
  writer.number(work.held_output_tokens);
  return writer.size();
}

std::size_t write_settled_late(std::byte* out, const UsageEvent& event) noexcept {
  Writer writer{out, RecordType::kSettledLate, event.id.sequence};
  writer.number(event.id.epoch);
  writer.number(event.id.worker);
  write(writer, event.admission);
  write(writer, event.settlement);
  return writer.size();
}

void publish(std::byte* record, std::size_t size, Place place) noexcept {
  const auto first = std::uint64_t{size} | (std::uint64_t{check_sum(record, size, place)} << 32);
  std::atomic_ref{*reinterpret_cast<std::uint64_t*>(record)}.store(first,
                                                                   std::memory_order_release);
}

ReadRecord read_record(std::span<const std::byte> segment, Place place) noexcept {
  if (place.offset + kRecordHeadBytes > segment.size()) return {};
  const auto* record = segment.data() + place.offset;
  // An atomic load writes nothing, so the mapping may be read-only.
  auto* word = const_cast<std::uint64_t*>(reinterpret_cast<const std::uint64_t*>(record));
  const auto first = std::atomic_ref{*word}.load(std::memory_order_acquire);
  if (first == 0) return {};

  const auto size = static_cast<std::size_t>(first & 0xffff'ffff);
  if (size < kRecordHeadBytes || size > kRecordBytesMax) return {.reading = Reading::kDamaged};
  const auto kind = load_word(record + 8);
  if (!known_kind(kind)) return {.reading = Reading::kDamaged};
  if (padded(size) > segment.size() - place.offset) return {.reading = Reading::kCutOff};
  if (check_sum(record, size, place) != first >> 32) return {.reading = Reading::kDamaged};
  return {.reading = Reading::kRecord,
          .record = {.type = static_cast<RecordType>(kind >> 24),
                     .sequence = load_word(record + 16),
                     .payload = {record + kRecordHeadBytes, size - kRecordHeadBytes},
                     .size = padded(size)}};
}

std::optional<Admission> parse_admitted(std::span<const std::byte> payload) {
  Parser parser{payload};
  Admission admission;
  parse(parser, admission);
  if (!parser.finished()) return std::nullopt;
  return admission;
}

std::optional<Instalment> parse_instalment(std::span<const std::byte> payload) {
  Parser parser{payload};
  Instalment instalment;
  parser.money(instalment.output_charge);
  parser.number(instalment.output_tokens);
  if (!parser.finished()) parser.money(instalment.output_cost);
  if (!parser.finished()) return std::nullopt;
  return instalment;
}

std::optional<Settled> parse_settled(std::span<const std::byte> payload) {
  Parser parser{payload};
  Settled settled;
  parse(parser, settled.admission);
  parse(parser, settled.settlement);
  if (!parser.finished()) return std::nullopt;
  return settled;
}

std::optional<StoredObject> parse_object(std::span<const std::byte> payload) {
  Parser parser{payload};
  StoredObject object;
  parse(parser, object);
  if (!parser.finished()) return std::nullopt;
  return object;
}

std::optional<OpenWork> parse_goes_on(std::span<const std::byte> payload) {
  Parser parser{payload};
  OpenWork work;
  parse(parser, work.admission);
  parser.small(work.kind, openai::kObjectKindCount - 1);
  parser.text(work.object_id);
  parser.id(work.provider_id);
  parser.id(work.tier);
  parser.number(work.held_input_tokens);
  parser.number(work.held_output_tokens);
  if (!parser.finished()) return std::nullopt;
  return work;
}

std::optional<UsageEvent> parse_settled_late(const Record& record) {
  Parser parser{record.payload};
  UsageEvent event;
  event.id.sequence = record.sequence;
  parser.small(event.id.epoch, std::numeric_limits<std::uint32_t>::max());
  parser.small(event.id.worker, std::numeric_limits<std::uint16_t>::max());
  parse(parser, event.admission);
  parse(parser, event.settlement);
  if (!parser.finished()) return std::nullopt;
  return event;
}

}  // namespace tg::ledger
