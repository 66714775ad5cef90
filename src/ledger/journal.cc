// SPDX-License-Identifier: Apache-2.0
#include "ledger/journal.h"

#include <algorithm>
#include <deque>
#include <memory_resource>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "ledger/record.h"
#include "ledger/segment.h"

namespace tg::ledger {
namespace {

constexpr std::uint8_t kInstalmentsMax = 64;
constexpr std::uint8_t kInstalmentsEighth = 32;  // with so many left, growth decides
constexpr std::uint8_t kInstalmentsDouble = 8;
constexpr std::uint8_t kObjectsMax = 4;  // of a batch its output and errors, of an upload a file
constexpr std::size_t kPromisedAtAdmission =
    kSentBytes + kInstalmentsMax * kInstalmentBytes + kObjectsMax * kObjectBytes + kRecordBytesMax;

// A segment is left when less than the longest record fits: what it surely takes is the rest.
constexpr std::size_t surely_takes(std::size_t left) {
  return left < kRecordBytesMax ? 0 : left - kRecordBytesMax;
}

// By an eighth, or to the double where few are left.
bool has_grown(std::int64_t from, std::int64_t to, std::uint8_t instalments_left) {
  return to > from && to - from >= (instalments_left > kInstalmentsDouble ? from / 8 : from);
}

JournalOptions with_segment_bytes(JournalOptions options) {
  if (options.segment_bytes == 0) {
    options.segment_bytes = std::min<std::uint64_t>(8 << 20, options.bytes_max / 8);
  }
  return options;
}

struct OpenCall {
  std::uint8_t instalments_left = kInstalmentsMax;
  std::uint8_t objects_left = kObjectsMax;
  bool sent = false;
  Instalment written;

  bool is_worth_writing(const Instalment& so_far) const {
    if (instalments_left > kInstalmentsEighth) return true;
    return has_grown(written.output_charge.count(), so_far.output_charge.count(),
                     instalments_left) ||
           has_grown(written.output_tokens, so_far.output_tokens, instalments_left);
  }

  std::size_t promised_bytes() const {
    return kRecordBytesMax + instalments_left * kInstalmentBytes + objects_left * kObjectBytes +
           (sent ? 0 : kSentBytes);
  }
};

}  // namespace

// Invariant: the current segment and the spare ones surely take all that open calls were promised,
// so nothing after admit() needs a system call or can fail.
class Journal::Impl {
 public:
  explicit Impl(const JournalOptions& options) : options_{with_segment_bytes(options)} {}
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start();
  Result<EventId> admit(const Admission& admission);
  void sent(std::uint64_t sequence) noexcept;
  void instalment(std::uint64_t sequence, const Instalment& so_far) noexcept;
  void settle(std::uint64_t sequence, const Admission& admission,
              const Settlement& settlement) noexcept;
  void note(std::uint64_t sequence, const StoredObject& object) noexcept;
  void go_on(const OpenWork& work) noexcept;
  Result<void> add_object(const StoredObject& object);
  Result<void> settle_late(const UsageEvent& event);
  JournalPosition position() const noexcept;

 private:
  std::size_t surely_takes_all() const;
  Result<void> set_aside(std::size_t bytes);
  Result<void> add_spare();
  void tell_refusal(const Result<void>& space);
  void forget_transferred();
  SegmentWriter& with_room() noexcept;
  std::filesystem::path path_of(std::uint64_t number) const {
    return options_.folder / file_name({options_.epoch, options_.worker, number});
  }

  const JournalOptions options_;
  std::deque<SegmentWriter> segments_;      // the current one, then the spare ones
  std::deque<std::uint64_t> left_numbers_;  // full ones that may still await their transfer
  // Of its own: a call comes and goes without a malloc.
  std::pmr::unsynchronized_pool_resource open_calls_;
  std::pmr::unordered_map<std::uint64_t, OpenCall> open_{&open_calls_};
  std::size_t promised_bytes_ = 0;
  std::uint64_t next_segment_ = 0;
  std::uint64_t next_sequence_ = 1;
  bool refusing_ = false;
};

Journal::Impl::~Impl() {
  // Spare ones first: once the current one is sealed, the transfer looks for what follows it.
  while (segments_.size() > 1) {
    (void)options_.disk->remove(path_of(segments_.back().number()));
    segments_.pop_back();
  }
  if (!segments_.empty()) segments_.front().seal();
}

Result<void> Journal::Impl::start() {
  if (options_.segment_bytes < kSegmentHeadBytes + 3 * kRecordBytesMax ||
      options_.bytes_max < 2 * options_.segment_bytes) {
    return fail(Code::kConfiguration, "a journal needs two segments of at least 8 KiB");
  }
  TG_TRY_DONE(options_.disk->make_folder(options_.folder));
  // Rehashing belongs to the start, not to a call: this many calls at once are a busy worker's.
  open_.reserve(4096);
  return add_spare();
}

std::size_t Journal::Impl::surely_takes_all() const {
  return surely_takes(segments_.front().left()) +
         (segments_.size() - 1) * surely_takes(options_.segment_bytes - kSegmentHeadBytes);
}

Result<void> Journal::Impl::set_aside(std::size_t bytes) {
  while (surely_takes_all() < promised_bytes_ + bytes) TG_TRY_DONE(add_spare());
  return {};
}

void Journal::Impl::forget_transferred() {
  while (!left_numbers_.empty()) {
    if (options_.disk->exists(path_of(left_numbers_.front()))) return;
    left_numbers_.pop_front();
  }
}

Result<void> Journal::Impl::add_spare() {
  forget_transferred();
  const auto existing = left_numbers_.size() + segments_.size();
  if ((existing + 1) * options_.segment_bytes > options_.bytes_max) {
    return fail(Code::kJournalFull, "the journal awaits its transfer to the database");
  }
  const SegmentName name{options_.epoch, options_.worker, next_segment_};
  TG_TRY(auto spare,
         SegmentWriter::create(*options_.disk, options_.folder, name, options_.segment_bytes));
  segments_.push_back(std::move(spare));
  ++next_segment_;
  return {};
}

void Journal::Impl::tell_refusal(const Result<void>& space) {
  refusing_ = !space;
  if (space) {
    log(LogLevel::kInfo, "journal has space again", {{"worker", options_.worker}});
  } else {
    log(LogLevel::kError, "journal has no space for another call",
        {{"worker", options_.worker},
         {"why", space.error().detail},
         {"errno", space.error().system_errno}});
  }
}

SegmentWriter& Journal::Impl::with_room() noexcept {
  if (segments_.front().left() < kRecordBytesMax) {
    TG_CHECK(segments_.size() > 1);
    left_numbers_.push_back(segments_.front().number());
    segments_.front().seal();
    segments_.pop_front();
  }
  return segments_.front();
}

Result<EventId> Journal::Impl::admit(const Admission& admission) {
  const auto space = set_aside(kRecordBytesMax + kPromisedAtAdmission);
  if (refusing_ == space.has_value()) tell_refusal(space);
  // Full, read-only or broken: to the call it is the same.
  if (!space) return fail(Code::kJournalFull, space.error().detail, space.error().system_errno);
  const auto sequence = next_sequence_++;
  auto& segment = with_room();
  segment.publish_record(write_admitted(segment.end(), sequence, admission));
  const auto [call, added] = open_.try_emplace(sequence);
  promised_bytes_ += call->second.promised_bytes();
  return EventId{options_.epoch, options_.worker, sequence};
}

void Journal::Impl::sent(std::uint64_t sequence) noexcept {
  const auto call = open_.find(sequence);
  if (call == open_.end() || call->second.sent) return;
  auto& segment = with_room();
  segment.publish_record(write_sent(segment.end(), sequence));
  call->second.sent = true;
  promised_bytes_ -= kSentBytes;
}

void Journal::Impl::instalment(std::uint64_t sequence, const Instalment& so_far) noexcept {
  const auto call = open_.find(sequence);
  if (call == open_.end() || call->second.instalments_left == 0) return;
  if (!call->second.is_worth_writing(so_far)) return;
  auto& segment = with_room();
  segment.publish_record(write_instalment(segment.end(), sequence, so_far));
  --call->second.instalments_left;
  call->second.written = so_far;
  promised_bytes_ -= kInstalmentBytes;
}

void Journal::Impl::settle(std::uint64_t sequence, const Admission& admission,
                           const Settlement& settlement) noexcept {
  const auto call = open_.find(sequence);
  TG_DCHECK(call != open_.end());
  if (call == open_.end()) return;
  auto& segment = with_room();
  segment.publish_record(write_settled(segment.end(), sequence, admission, settlement));
  promised_bytes_ -= call->second.promised_bytes();
  open_.erase(call);
}

void Journal::Impl::note(std::uint64_t sequence, const StoredObject& object) noexcept {
  const auto call = open_.find(sequence);
  if (call == open_.end() || call->second.objects_left == 0) return;
  auto& segment = with_room();
  segment.publish_record(write_object(segment.end(), sequence, object));
  --call->second.objects_left;
  promised_bytes_ -= kObjectBytes;
}

void Journal::Impl::go_on(const OpenWork& work) noexcept {
  const auto call = open_.find(work.id.sequence);
  TG_DCHECK(call != open_.end());
  if (call == open_.end()) return;
  auto& segment = with_room();
  segment.publish_record(write_goes_on(segment.end(), work.id.sequence, work));
  promised_bytes_ -= call->second.promised_bytes();
  open_.erase(call);
}

Result<void> Journal::Impl::add_object(const StoredObject& object) {
  const auto space = set_aside(kRecordBytesMax);
  if (!space) return fail(Code::kJournalFull, space.error().detail, space.error().system_errno);
  auto& segment = with_room();
  segment.publish_record(write_object(segment.end(), 0, object));
  return {};
}

Result<void> Journal::Impl::settle_late(const UsageEvent& event) {
  const auto space = set_aside(kRecordBytesMax);
  if (!space) return fail(Code::kJournalFull, space.error().detail, space.error().system_errno);
  auto& segment = with_room();
  segment.publish_record(write_settled_late(segment.end(), event));
  return {};
}

JournalPosition Journal::Impl::position() const noexcept {
  return {.epoch = options_.epoch,
          .worker = options_.worker,
          .segment = segments_.front().number(),
          .offset = segments_.front().position()};
}

Result<std::unique_ptr<Journal>> Journal::open(const JournalOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  TG_TRY_DONE(impl->start());
  return std::unique_ptr<Journal>{new Journal{std::move(impl)}};
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Journal::~Journal() = default;

Result<EventId> Journal::admit(const Admission& admission) { return impl_->admit(admission); }

void Journal::sent(const EventId& id) noexcept { impl_->sent(id.sequence); }

void Journal::instalment(const EventId& id, const Instalment& so_far) noexcept {
  impl_->instalment(id.sequence, so_far);
}

void Journal::settle(const EventId& id, const Admission& admission,
                     const Settlement& settlement) noexcept {
  impl_->settle(id.sequence, admission, settlement);
}

void Journal::note(const EventId& id, const StoredObject& object) noexcept {
  impl_->note(id.sequence, object);
}

void Journal::go_on(const OpenWork& work) noexcept { impl_->go_on(work); }

Result<void> Journal::add_object(const StoredObject& object) { return impl_->add_object(object); }

Result<void> Journal::settle_late(const UsageEvent& event) { return impl_->settle_late(event); }

JournalPosition Journal::position() const noexcept { return impl_->position(); }

}  // namespace tg::ledger
