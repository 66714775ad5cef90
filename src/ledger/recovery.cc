// SPDX-License-Identifier: Apache-2.0
// What an ended server left in its journals becomes part of the ledger, before a new one opens.
// Everything is read again and written again: an event that the ledger has already adds nothing, so
// a recovery that is itself interrupted simply begins anew.
#include <soci/soci.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "ledger/ledger_writer.h"
#include "ledger/rollup_fold.h"
#include "ledger/segment.h"
#include "ledger/transfer.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

struct OpenCall {
  Admission admission;
  bool sent = false;
  Instalment so_far;
};

struct SegmentFile {
  SegmentName name;
  fs::path path;
};

// Sorted by epoch, worker and number.
Result<std::vector<SegmentFile>> list_segments(Disk& disk, const fs::path& folder) {
  std::vector<SegmentFile> files;
  TG_TRY_DONE(disk.make_folder(folder));
  TG_TRY(const auto names, disk.list(folder));
  for (const auto& file : names) {
    if (file.ends_with(kUnfinishedSuffix) || file.ends_with(kRetiredSuffix)) {
      TG_TRY_DONE(disk.remove(folder / file));
    } else if (const auto name = parse_file_name(file)) {
      files.push_back({*name, folder / file});
    }
  }
  std::ranges::sort(files, {}, &SegmentFile::name);
  return files;
}

// The call was cut off by the end of the server: its charge is what had surely been used.
Settlement interrupted(const OpenCall& call) {
  const auto& admission = call.admission;
  const auto used = admission.stream ? admission.prompt_charge + call.so_far.output_charge
                                     : admission.interrupted_charge;
  Settlement settlement;
  settlement.outcome = Outcome::kInterrupted;
  settlement.usage.source = openai::UsageSource::kEstimated;
  settlement.usage.input_text_tokens = admission.prompt_tokens;
  const auto output_tokens = admission.stream
                                 ? call.so_far.output_tokens
                                 : admission.interrupted_tokens - admission.prompt_tokens;
  settlement.usage.output_text_tokens = std::max(std::int64_t{0}, output_tokens);
  if (admission.test) {
    settlement.would_have_cost = used;
  } else {
    const auto cost = admission.stream ? admission.prompt_cost + call.so_far.output_cost
                                       : admission.interrupted_cost;
    const auto money = admission.with_cost(used, cost);
    settlement.cost = money.cost;
    settlement.charge = money.charge;
  }
  return settlement;
}

Result<bool> is_in_ledger(store::Database& database, const EventId& id) {
  const long long epoch = id.epoch;
  const long long worker = id.worker;
  const auto sequence = static_cast<long long>(id.sequence);
  long long events = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT COUNT(*) FROM usage_events WHERE epoch = :epoch AND worker = :worker"
               " AND sequence = :sequence",
        soci::use(epoch), soci::use(worker), soci::use(sequence), soci::into(events);
    return {};
  }));
  return events != 0;
}

class Recovery {
 public:
  Recovery(store::Database& database, Disk& disk) : database_{database}, disk_{disk} {}

  Result<void> read(const SegmentFile& file);
  // All segments of a worker's epoch were read: what is open now will not be settled any more.
  Result<void> close(std::uint32_t epoch, std::uint16_t worker);
  Result<void> flush();
  [[nodiscard]] Recovered& found() { return found_; }

 private:
  void take(const SegmentName& name, const Record& record);
  void note_end(const Record& record);
  Result<void> report_orphans(std::uint32_t epoch, std::uint16_t worker);

  store::Database& database_;
  Disk& disk_;
  std::map<std::uint64_t, OpenCall> open_;
  std::set<std::uint64_t> orphans_;  // sent, but their admission was not found
  LedgerBatch batch_;
  Recovered found_;
};

Result<void> Recovery::read(const SegmentFile& file) {
  auto reader = SegmentReader::open(disk_, file.path);
  if (!reader && reader.error().code == Code::kNotFound) return {};
  if (!reader && reader.error().code == Code::kCorrupt) {
    ++found_.damaged_records;
    auto aside = file.path;
    aside += ".damaged";
    TG_TRY_DONE(disk_.rename(file.path, aside));
    log(LogLevel::kError, "journal segment without a readable head; kept aside",
        {{"file", aside.string()}});
    return {};
  }
  if (!reader) return std::unexpected(reader.error());
  while (const auto record = reader->next_recovered()) {
    take(file.name, *record);
    if (batch_.records() >= kBatchEventsMax) TG_TRY_DONE(flush());
  }
  found_.damaged_records += reader->damaged_records();
  return {};
}

// A sent or instalment of a call that is not known is no damage by itself: its admission may stand
// in a segment that the transfer has removed, and then its settlement follows.
void Recovery::take(const SegmentName& name, const Record& record) {
  if (record.type == RecordType::kAdmitted) {
    if (auto admission = parse_admitted(record.payload)) {
      open_[record.sequence].admission = *std::move(admission);
      return;
    }
  } else if (record.type == RecordType::kSent) {
    if (const auto call = open_.find(record.sequence); call != open_.end()) {
      call->second.sent = true;
    } else {
      orphans_.insert(record.sequence);
    }
    return;
  } else if (record.type == RecordType::kInstalment) {
    if (const auto so_far = parse_instalment(record.payload)) {
      const auto call = open_.find(record.sequence);
      if (call != open_.end()) call->second.so_far = *so_far;
      return;
    }
  } else if (add_to_batch(record, {name.epoch, name.worker, record.sequence}, batch_)) {
    return note_end(record);
  }
  ++found_.damaged_records;
}

void Recovery::note_end(const Record& record) {
  if (record.type == RecordType::kSettledLate) ++found_.settled_calls;
  if (record.type != RecordType::kSettled && record.type != RecordType::kGoesOn) return;
  if (record.type == RecordType::kSettled) ++found_.settled_calls;
  open_.erase(record.sequence);
  orphans_.erase(record.sequence);
}

Result<void> Recovery::close(std::uint32_t epoch, std::uint16_t worker) {
  for (auto& [sequence, call] : open_) {
    if (!call.sent) {
      ++found_.void_calls;
      continue;
    }
    ++found_.interrupted_calls;
    auto settlement = interrupted(call);
    batch_.events.push_back({.id = {epoch, worker, sequence},
                             .admission = std::move(call.admission),
                             .settlement = std::move(settlement)});
    if (batch_.events.size() >= kBatchEventsMax) TG_TRY_DONE(flush());
  }
  open_.clear();
  if (orphans_.empty()) return {};
  TG_TRY_DONE(flush());
  return report_orphans(epoch, worker);
}

// It went out and nobody can say any more for whom: the one thing that cannot be mended.
Result<void> Recovery::report_orphans(std::uint32_t epoch, std::uint16_t worker) {
  for (const auto orphan : std::exchange(orphans_, {})) {
    const EventId id{epoch, worker, orphan};
    TG_TRY(const auto known, is_in_ledger(database_, id));
    if (known) continue;
    ++found_.lost_calls;
    log(LogLevel::kError, "call was sent, but its admission cannot be read; it is not charged",
        {{"call", format(id)}});
  }
  return {};
}

Result<void> Recovery::flush() {
  if (batch_.records() == 0) return {};
  TG_TRY_DONE(write_ledger(database_, batch_, Care::kCareful));
  batch_ = {};
  return {};
}

// The clock that money goes by must not be behind what it has charged already.
Result<void> raise_clock(store::Database& database) {
  long long seen_ms = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT COALESCE(MAX(seen_ms), 0) FROM clock_floor", soci::into(seen_ms);
    return {};
  }));
  remember_wall_time(from_unix_ms(seen_ms));
  return {};
}

// A database that was restored from a backup does not know the epochs of journals written since.
Result<std::uint32_t> begin_epoch(store::Database& database,
                                  const std::vector<SegmentFile>& files) {
  long long epoch = 0;
  const long long now_ms = to_unix_ms(wall_now());
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    for (const auto& file : files) {
      if (file.name.epoch == epoch) continue;  // they are sorted
      epoch = file.name.epoch;
      session << "INSERT INTO journal_epochs (epoch, started_ms, recovered)"
                 " VALUES (:epoch, :now, 0) ON CONFLICT (epoch) DO NOTHING",
          soci::use(epoch), soci::use(now_ms);
    }
    session << "SELECT COALESCE(MAX(epoch), 0) + 1 FROM journal_epochs", soci::into(epoch);
    session << "INSERT INTO journal_epochs (epoch, started_ms, recovered) VALUES (:epoch, :now, 0)",
        soci::use(epoch), soci::use(now_ms);
    return {};
  }));
  return static_cast<std::uint32_t>(epoch);
}

Result<void> mark_recovered(store::Database& database, std::uint32_t begun) {
  const long long epoch = begun;
  return database.write([&](soci::session& session) -> Result<void> {
    session << "UPDATE journal_epochs SET recovered = 1 WHERE epoch < :epoch", soci::use(epoch);
    session << "DELETE FROM journal_positions WHERE epoch < :epoch", soci::use(epoch);
    return {};
  });
}

Result<void> remove_segments(Disk& disk, const std::vector<SegmentFile>& files) {
  for (const auto& file : files) TG_TRY_DONE(disk.remove(file.path));
  return {};
}

}  // namespace

Result<Recovered> recover_journals(store::Database& database, const fs::path& folder, Disk& disk) {
  TG_TRY(const bool built, are_rollups_built(database));
  if (!built) TG_TRY_DONE(rebuild_rollups(database));
  TG_TRY_DONE(raise_clock(database));
  TG_TRY(const auto files, list_segments(disk, folder));
  TG_TRY(const auto epoch, begin_epoch(database, files));

  Recovery recovery{database, disk};
  for (std::size_t at = 0; at < files.size(); ++at) {
    const auto& name = files[at].name;
    TG_TRY_DONE(recovery.read(files[at]));
    const bool last = at + 1 == files.size() || files[at + 1].name.epoch != name.epoch ||
                      files[at + 1].name.worker != name.worker;
    if (last) TG_TRY_DONE(recovery.close(name.epoch, name.worker));
  }
  TG_TRY_DONE(recovery.flush());
  // What was found may be later than what was known: the server ended before its transfer.
  TG_TRY_DONE(raise_clock(database));
  TG_TRY_DONE(mark_recovered(database, epoch));
  TG_TRY_DONE(remove_segments(disk, files));
  recovery.found().epoch = epoch;
  return recovery.found();
}

}  // namespace tg::ledger
