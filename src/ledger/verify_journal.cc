// SPDX-License-Identifier: Apache-2.0
// The segments that are still there against the ledger. What the transfer has passed must stand in
// it as it stands here; what it has not, must not.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ledger/event_row.h"
#include "ledger/journal_position.h"
#include "ledger/ledger_writer.h"
#include "ledger/segment.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

struct Position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

std::string place(const SegmentName& name, std::uint64_t offset) {
  return fmt::format("{}, byte {}", file_name(name), offset);
}

class JournalCheck {
 public:
  JournalCheck(soci::session& session, const VerifyOptions& options, VerifyReport& report)
      : session_{session}, options_{options}, report_{report} {}

  Result<Finding> run() {
    TG_TRY_DONE(read_epochs());
    TG_TRY_NOTHING_FOUND(read_positions());
    TG_TRY_DONE(list_segments());
    TG_TRY_NOTHING_FOUND(check_names());
    TG_TRY(auto select,
           Statement::prepare(session_, "SELECT " + column_list() +
                                            " FROM usage_events WHERE epoch = ? AND worker = ?"
                                            " AND sequence = ?"));
    for (const auto& name : segments_) TG_TRY_NOTHING_FOUND(check_segment(name, select));
    return Finding{};
  }

 private:
  using Worker = std::pair<std::uint32_t, std::uint16_t>;  // of an epoch

  Result<void> read_epochs();
  Result<Finding> read_positions();
  Result<void> list_segments();
  Result<Finding> check_names() const;
  Result<Finding> check_segment(const SegmentName& name, Statement& select);
  Result<Finding> check_record(const SegmentName& name, std::uint64_t offset, const Record& record,
                               Statement& select);
  Result<Finding> check_event(const UsageEvent& event, const SegmentName& name,
                              std::uint64_t offset, Statement& select);
  [[nodiscard]] std::uint32_t newest_epoch() const {
    return recovered_.empty() ? 0 : recovered_.rbegin()->first;
  }
  [[nodiscard]] bool is_recovered(std::uint32_t epoch) const {
    const auto known = recovered_.find(epoch);
    return known != recovered_.end() && known->second;
  }
  [[nodiscard]] bool is_transferred(const SegmentName& name, std::uint64_t offset) const;

  soci::session& session_;
  const VerifyOptions& options_;
  VerifyReport& report_;
  std::map<std::uint32_t, bool> recovered_;  // by epoch
  std::map<Worker, Position> positions_;
  std::vector<SegmentName> segments_;
};

Result<void> JournalCheck::read_epochs() {
  TG_TRY(auto rows, Statement::prepare(session_, "SELECT epoch, recovered FROM journal_epochs"));
  for (;;) {
    TG_TRY(const bool row, rows.step());
    if (!row) return {};
    recovered_[static_cast<std::uint32_t>(rows.number(0))] = rows.number(1) != 0;
  }
}

Result<Finding> JournalCheck::read_positions() {
  TG_TRY(auto rows, Statement::prepare(session_,
                                       "SELECT epoch, worker, segment, position"
                                       " FROM journal_positions ORDER BY epoch, worker"));
  for (;;) {
    TG_TRY(const bool row, rows.step());
    if (!row) return Finding{};
    const auto epoch = static_cast<std::uint32_t>(rows.number(0));
    const auto worker = static_cast<std::uint16_t>(rows.number(1));
    const auto known = recovered_.find(epoch);
    if (known == recovered_.end() || known->second) {
      return Difference{.what = fmt::format("position of worker {} in epoch {}", worker, epoch),
                        .expected = known == recovered_.end()
                                        ? "an epoch of journal_epochs"
                                        : "none: the epoch is recovered (journal_epochs)",
                        .found = fmt::format("segment {}, byte {} (journal_positions)",
                                             rows.number(2), rows.number(3))};
    }
    positions_[{epoch, worker}] = {.segment = static_cast<std::uint64_t>(rows.number(2)),
                                   .offset = static_cast<std::uint64_t>(rows.number(3))};
  }
}

Result<void> JournalCheck::list_segments() {
  const auto names = options_.disk->list(options_.journal_folder);
  if (!names && names.error().code == Code::kNotFound) return {};
  if (!names) return std::unexpected(names.error());
  for (const auto& file : *names) {
    if (const auto name = parse_file_name(file)) segments_.push_back(*name);
  }
  std::ranges::sort(segments_);
  return {};
}

// The transfer removes the oldest, and only what it has passed: so what is there has no gap, and
// begins no later than after the position.
Result<Finding> JournalCheck::check_names() const {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const auto& name = segments_[i];
    const bool first =
        i == 0 || segments_[i - 1].epoch != name.epoch || segments_[i - 1].worker != name.worker;
    auto missing = name;
    if (first) {
      const auto position = positions_.find({name.epoch, name.worker});
      const auto reached = position == positions_.end() ? 0 : position->second.segment;
      if (is_recovered(name.epoch)) continue;
      // A segment that was passed without a call in it leaves no trace in the position.
      if (name.number <= reached + 1) continue;
      missing.number = reached + 1;
    } else {
      if (name.number == segments_[i - 1].number + 1) continue;
      missing.number = segments_[i - 1].number + 1;
    }
    return Difference{.what = "journal segment " + file_name(missing),
                      .expected = "not yet passed by its worker's position (journal_positions)",
                      .found = fmt::format("missing; {} is there", file_name(name))};
  }
  return Finding{};
}

bool JournalCheck::is_transferred(const SegmentName& name, std::uint64_t offset) const {
  if (is_recovered(name.epoch)) return true;
  const auto position = positions_.find({name.epoch, name.worker});
  return position != positions_.end() && Position{name.number, offset} < position->second;
}

Result<Finding> JournalCheck::check_segment(const SegmentName& name, Statement& select) {
  auto reader = SegmentReader::open(*options_.disk, options_.journal_folder / file_name(name));
  if (!reader && reader.error().code == Code::kNotFound) return Finding{};
  if (!reader && reader.error().code == Code::kCorrupt) {
    return Difference{.what = "journal segment " + file_name(name),
                      .expected = "a head",
                      .found = "a segment whose head cannot be read"};
  }
  if (!reader) return std::unexpected(reader.error());

  const bool written_to = options_.running && name.epoch == newest_epoch();
  const auto position = positions_.find({name.epoch, name.worker});
  const bool position_is_here =
      position != positions_.end() && position->second.segment == name.number;
  // Zero: the segment was the next, and not yet opened.
  bool position_found = !position_is_here || position->second.offset == 0;
  const auto misplaced = [&]() -> Finding {
    return Difference{
        .what = fmt::format("position of worker {} in epoch {}", name.worker, name.epoch),
        .expected = fmt::format("between two records of {}", file_name(name)),
        .found = fmt::format("byte {} (journal_positions)", position->second.offset)};
  };
  for (;;) {
    const auto offset = reader->position();
    position_found = position_found || position->second.offset == offset;
    if (!position_found && position->second.offset < offset) return misplaced();
    const auto damaged = reader->damaged_records();
    const auto record = written_to ? reader->next() : reader->next_recovered();
    if (reader->damaged_records() != damaged) {
      return Difference{.what = "journal record at " + place(name, offset),
                        .expected = "a record whose check sum is right",
                        .found = "one that cannot be read"};
    }
    if (!record) break;
    TG_TRY_NOTHING_FOUND(check_record(name, offset, *record, select));
  }
  return position_found ? Finding{} : misplaced();
}

Result<Finding> JournalCheck::check_record(const SegmentName& name, std::uint64_t offset,
                                           const Record& record, Statement& select) {
  LedgerBatch batch;
  if (!add_to_batch(record, {name.epoch, name.worker, record.sequence}, batch)) {
    return Difference{.what = "journal record at " + place(name, offset),
                      .expected = "one that can be read",
                      .found = "a payload that is none"};
  }
  if (batch.events.empty()) return Finding{};
  ++report_.journal_records;
  return check_event(batch.events.front(), name, offset, select);
}

Result<Finding> JournalCheck::check_event(const UsageEvent& event, const SegmentName& name,
                                          std::uint64_t offset, Statement& select) {
  const bool transferred = is_transferred(name, offset);
  if (!transferred) ++report_.awaiting;
  select.bind(event.id.epoch);
  select.bind(event.id.worker);
  select.bind(static_cast<std::int64_t>(event.id.sequence));
  TG_TRY(const bool there, select.step());
  const auto here = place(name, offset);
  // A recovery that was cut short has written calls of earlier epochs, and moved no position.
  const bool may_be_there = transferred || name.epoch != newest_epoch();
  if (there != transferred && (!there || !may_be_there)) {
    return Difference{.what = "call " + format(event.id),
                      .expected = transferred ? "in usage_events: " + here + " was transferred"
                                              : "not yet in usage_events: " + here +
                                                    " lies beyond its worker's position",
                      .found = there ? "there" : "not there"};
  }
  const auto row = to_row(event);
  Finding found;
  const auto differs = [&](std::string_view column, const auto& in_journal, const auto& in_ledger) {
    found = Difference{.what = fmt::format("{} of {}", column, format(event.id)),
                       .expected = fmt::format("{} ({})", in_journal, here),
                       .found = fmt::format("{} (usage_events)", in_ledger)};
  };
  for (std::size_t i = 0; there && !found && i < row.numbers.size(); ++i) {
    const auto number = select.number(static_cast<int>(i));
    if (number != row.numbers[i]) differs(kNumberColumns[i], row.numbers[i], number);
  }
  for (std::size_t i = 0; there && !found && i < row.texts.size(); ++i) {
    const auto text = select.text(static_cast<int>(kNumberColumns.size() + i));
    if (text != row.texts[i]) differs(kTextColumns[i], row.texts[i], text);
  }
  select.restart();
  return found;
}

}  // namespace

Result<Finding> verify_journal(soci::session& session, const VerifyOptions& options,
                               VerifyReport& report) {
  return JournalCheck{session, options, report}.run();
}

}  // namespace tg::ledger
