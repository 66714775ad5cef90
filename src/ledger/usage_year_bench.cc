// SPDX-License-Identifier: Apache-2.0
// A year of a busy organization, and how long questions about it take: bench/usage_year.py runs
// this on both engines and keeps what it prints, a JSON object a line.
//
// Of 1,000 keys some are much busier than others, as are the models that each asks. Rollups of the
// year are written as folding would write them; the calls of its last days go the way that all
// calls go, and into the events as well.
//
//   usage_year_bench [events] [days with raw events]
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "ledger/ledger_writer.h"
#include "ledger/retention.h"
#include "ledger/rollup_blocks.h"
#include "ledger/rollup_fold.h"
#include "ledger/rollup_query.h"
#include "limits/calendar.h"
#include "store/test_folder.h"

namespace tg::ledger {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t kYearBeginMs = 1'735'689'600'000;  // 2025-01-01T00:00Z
constexpr Minute kYearMinutes = 365 * kDayMinutes;
constexpr unsigned kKeys = 1'000;
constexpr unsigned kModels = 50;
constexpr unsigned kProjects = 20;
constexpr unsigned kOwners = 200;
constexpr const char* kOrganization = "org_of_the_year";
constexpr int kWarmRuns = 7;

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

class Generator {
 public:
  Generator() {
    for (unsigned i = 0; i < kKeys; ++i) keys_.push_back(fmt::format("key_{:024x}", i * 7919));
    for (unsigned i = 0; i < kModels; ++i) models_.push_back(fmt::format("model-{}-2025", i));
    for (unsigned i = 0; i < kProjects; ++i) projects_.push_back(fmt::format("proj_{:024x}", i));
    for (unsigned i = 0; i < kOwners; ++i) owners_.push_back(fmt::format("user_{:024x}", i));
  }

  UsageEvent next(std::int64_t at_ms) {
    const auto key = skewed(kKeys, 40);
    const auto model = (skewed(kModels, 5) + key) % kModels;
    UsageEvent event{.id = {.epoch = 1, .worker = 0, .sequence = ++sequence_},
                     .admission = {},
                     .settlement = {}};
    auto& admission = event.admission;
    admission.at = from_unix_ms(at_ms);
    admission.endpoint = model % 5 == 0   ? openai::Endpoint::kEmbeddings
                         : model % 5 == 1 ? openai::Endpoint::kResponses
                                          : openai::Endpoint::kChatCompletions;
    admission.key_id = keys_[key];
    admission.owner_id = owners_[key % kOwners];
    admission.project_id = projects_[key % kProjects];
    admission.organization_id = kOrganization;
    admission.model = models_[model];
    admission.upstream_model = models_[model];
    admission.provider_id = "prov_1";
    auto& settlement = event.settlement;
    settlement.http_status = 200;
    settlement.usage.input_text_tokens = static_cast<std::int64_t>(random_() % 4'000);
    settlement.usage.cached_input_text_tokens = static_cast<std::int64_t>(random_() % 1'000);
    settlement.usage.output_text_tokens = static_cast<std::int64_t>(random_() % 800);
    settlement.usage.source = openai::UsageSource::kProvider;
    settlement.cost = NanoUsd{static_cast<std::int64_t>(random_() % 20'000'000)};
    settlement.charge = settlement.cost;
    settlement.duration_ms = static_cast<std::int64_t>(random_() % 9'000);
    return event;
  }
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

 private:
  // As one over (rank + flatness): the first are the busiest, and none is idle.
  unsigned skewed(unsigned of, double flatness) {
    const double share = static_cast<double>(random_() >> 11U) * 0x1p-53;
    const double rank = flatness * (std::pow(1 + of / flatness, share) - 1);
    return std::min(static_cast<unsigned>(rank), of - 1);
  }

  std::mt19937_64 random_{20251126};
  std::vector<std::string> keys_, models_, projects_, owners_;
  std::uint64_t sequence_ = 0;
};

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "{}\n", error.detail);
  std::exit(1);
}
void must(const Result<void>& done) {
  if (!done) stop(done.error());
}

// Blocks as folding leaves them: quarters, and each longer period from the shorter ones.
class DirectWriter {
 public:
  DirectWriter(store::Database& database, Generator& generator, std::int64_t per_quarter)
      : database_{database}, generator_{generator}, per_quarter_{per_quarter} {}

  void write_day(Minute day) {
    must(database_.write([&](soci::session& session) -> Result<void> {
      RollupTable of_day;
      for (auto hour = day; hour < day + kDayMinutes; hour += kHourMinutes) {
        RollupTable of_hour;
        for (auto quarter = hour; quarter < hour + kHourMinutes; quarter += kQuarterMinutes) {
          const auto table = make_quarter(quarter);
          TG_TRY_DONE(save(session, Grain::kQuarter, quarter, table));
          of_hour.add(table, {.minutes = false});
        }
        TG_TRY_DONE(save(session, Grain::kHour, hour, of_hour));
        of_day.add(of_hour, {});
      }
      TG_TRY_DONE(save(session, Grain::kDay, day, of_day));
      month_.add(of_day, {});
      if (period_end(Grain::kMonth, day) != day + kDayMinutes) return {};
      TG_TRY_DONE(save(session, Grain::kMonth, period_begin(Grain::kMonth, day), month_));
      month_ = {};
      return {};
    }));
  }

 private:
  static Result<void> save(soci::session& session, Grain grain, Minute begin,
                           const RollupTable& table) {
    return save_block(session, {.organization_id = kOrganization, .grain = grain, .begin = begin},
                      table);
  }
  RollupTable make_quarter(Minute quarter) {
    RollupTable table;
    const auto begin_ms = to_unix_ms(begin_of(quarter));
    for (std::int64_t i = 0; i < per_quarter_; ++i) {
      const auto event = generator_.next(begin_ms);
      table.add(0, names_of(event), sums_of(event.settlement));
    }
    return table;
  }

  store::Database& database_;
  Generator& generator_;
  const std::int64_t per_quarter_;
  RollupTable month_;
};

// As a server's transfer does, with a fold every quarter of an hour.
void write_raw(store::Database& database, Generator& generator, Minute from, Minute to,
               std::int64_t per_quarter) {
  const auto begin = Steady::now();
  std::int64_t written = 0;
  LedgerBatch batch;
  const auto flush = [&] {
    must(write_ledger(database, batch));
    written += std::ssize(batch.events);
    batch.events.clear();
  };
  for (auto quarter = from; quarter < to; quarter += kQuarterMinutes) {
    const auto begin_ms = to_unix_ms(begin_of(quarter));
    for (std::int64_t i = 0; i < per_quarter; ++i) {
      const auto at_ms = begin_ms + i * kQuarterMinutes * kMinuteMs / per_quarter;
      batch.events.push_back(generator.next(at_ms));
      if (batch.events.size() == kBatchEventsMax) flush();
    }
    for (bool more = true; more;) {
      const auto folded = fold_rollups(database, begin_of(quarter));
      if (!folded) stop(folded.error());
      more = folded->more;
    }
  }
  flush();
  for (bool more = true; more;) {
    const auto folded = fold_rollups(database, begin_of(to + 3 * kDayMinutes));
    if (!folded) stop(folded.error());
    more = folded->more;
  }
  fmt::print("{{\"what\": \"raw events\", \"events\": {}, \"seconds\": {:.1f}}}\n", written,
             seconds_since(begin));
}

struct Question {
  std::string name;
  RollupQuestion asked;
};

std::vector<Minute> bounds_of(const char* zone_name, limits::Period period) {
  const auto zone = limits::TimeZone::find(zone_name);
  if (!zone) stop(zone.error());
  // The local year that the UTC year's noon is in.
  const auto year =
      zone->period(limits::Period::kYear, from_unix_ms(kYearBeginMs) + std::chrono::days{180});
  std::vector<Minute> bounds;
  for (auto at = year.begin; at < year.end; at = zone->period(period, at).end) {
    bounds.push_back(minute_of(at));
  }
  bounds.push_back(minute_of(year.end));
  return bounds;
}

std::vector<Question> questions() {
  constexpr std::array kNames{"project", "user", "key", "model", "endpoint"};
  const auto money = Columns::of({}, {at(Sum::kCalls), at(Sum::kCharge)}).sums;
  std::vector<Question> all;
  const auto ask = [&all](std::string name, std::vector<Minute> bounds, DimensionSet by,
                          std::uint64_t sums) {
    all.push_back({.name = std::move(name),
                   .asked = {.organization_id = kOrganization,
                             .bounds = std::move(bounds),
                             .group_by = by,
                             .sums = sums}});
  };
  const auto every = ~std::uint64_t{0};
  ask("by day", bounds_of("UTC", limits::Period::kDay), {}, every);
  ask("by month", bounds_of("UTC", limits::Period::kMonth), {}, every);
  ask("by day and model", bounds_of("UTC", limits::Period::kDay), {Dimension::kModel}, money);
  ask("by month and model", bounds_of("UTC", limits::Period::kMonth), {Dimension::kModel}, every);
  const auto year = bounds_of("UTC", limits::Period::kYear);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    for (auto j = i + 1; j < kNames.size(); ++j) {
      const DimensionSet pair{static_cast<Dimension>(i), static_cast<Dimension>(j)};
      ask(fmt::format("totals by {} and {}", kNames[i], kNames[j]), year, pair, money);
    }
  }
  ask("totals by key and model, all sums", year, {Dimension::kKey, Dimension::kModel}, every);
  for (const auto* zone : {"Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"}) {
    ask(fmt::format("by day, {}", zone), bounds_of(zone, limits::Period::kDay), {}, every);
    ask(fmt::format("by month and project, {}", zone), bounds_of(zone, limits::Period::kMonth),
        {Dimension::kProject}, money);
    ask(fmt::format("totals by key and model, {}", zone), bounds_of(zone, limits::Period::kYear),
        {Dimension::kKey, Dimension::kModel}, money);
  }
  return all;
}

// The answer, and its first 100 groups by charge.
std::pair<std::size_t, std::int64_t> answer(store::Database& database, const Question& question) {
  auto buckets = query_rollups(database, question.asked);
  if (!buckets) stop(buckets.error());
  std::size_t groups = 0;
  std::int64_t charge = 0;
  for (auto& bucket : *buckets) {
    groups += bucket.size();
    for (const auto& group : bucket) charge += group.sums[at(Sum::kCharge)];
    const auto shown = std::min<std::size_t>(100, bucket.size());
    std::ranges::partial_sort(bucket, bucket.begin() + static_cast<std::ptrdiff_t>(shown),
                              std::ranges::greater{},
                              [](const auto& group) { return group.sums[at(Sum::kCharge)]; });
  }
  return {groups, charge};
}

// What the kernel has read of a folder's files is forgotten; what PostgreSQL keeps is not.
void forget_pages(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    (void)fdatasync(file);
    (void)posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
  }
}

void ask_all(store::TestFolder& folder) {
  for (const auto& question : questions()) {
    forget_pages(folder.path());
    // A connection of its own: it has read nothing yet.
    auto database = store::Database::open(folder.place());
    if (!database) stop(database.error());
    auto begin = Steady::now();
    const auto [groups, charge] = answer(**database, question);
    const double cold_ms = seconds_since(begin) * 1e3;
    std::vector<double> warm_ms;
    for (int run = 0; run < kWarmRuns; ++run) {
      begin = Steady::now();
      answer(**database, question);
      warm_ms.push_back(seconds_since(begin) * 1e3);
    }
    std::ranges::sort(warm_ms);
    fmt::print(
        "{{\"what\": \"question\", \"name\": \"{}\", \"groups\": {}, \"charge\": {},"
        " \"cold_ms\": {:.2f}, \"warm_ms\": {:.2f}}}\n",
        question.name, groups, charge, cold_ms, warm_ms[kWarmRuns / 2]);
    std::fflush(stdout);
  }
}

// As retention does once a day: the calls of the first day with raw events go.
void remove_a_day(store::TestFolder& folder, Minute day) {
  auto database = store::Database::open(folder.place());
  if (!database) stop(database.error());
  const auto begin = Steady::now();
  std::int64_t calls = 0;
  for (bool more = true; more;) {
    const auto removed = remove_old_calls(**database, begin_of(day + kDayMinutes));
    if (!removed) stop(removed.error());
    calls += removed->calls;
    more = removed->more;
  }
  fmt::print("{{\"what\": \"removal\", \"events\": {}, \"seconds\": {:.1f}}}\n", calls,
             seconds_since(begin));
}

void run(std::int64_t events, Minute raw_days) {
  store::TestFolder folder;
  const auto year = minute_of(from_unix_ms(kYearBeginMs));
  // Raw events begin with a month, so that each month is made in one way.
  const auto raw_from = period_begin(Grain::kMonth, year + kYearMinutes - raw_days * kDayMinutes);
  {
    auto opened = store::Database::open(folder.place());
    if (!opened) stop(opened.error());
    auto& database = **opened;
    must(rebuild_rollups(database));  // of nothing
    Generator generator;
    const auto per_quarter = events / (kYearMinutes / kQuarterMinutes);
    const auto begin = Steady::now();
    DirectWriter writer{database, generator, per_quarter};
    for (auto day = year; day < raw_from; day += kDayMinutes) writer.write_day(day);
    fmt::print("{{\"what\": \"rollups\", \"days\": {}, \"events\": {}, \"seconds\": {:.1f}}}\n",
               (raw_from - year) / kDayMinutes, per_quarter * ((raw_from - year) / kQuarterMinutes),
               seconds_since(begin));
    std::fflush(stdout);
    write_raw(database, generator, raw_from, year + kYearMinutes, per_quarter);
    std::fflush(stdout);
  }
  ask_all(folder);
  remove_a_day(folder, raw_from);
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()}) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  fmt::print("{{\"what\": \"size\", \"bytes\": {}}}\n", bytes);
}

}  // namespace
}  // namespace tg::ledger

int main(int argc, char** argv) {
  const std::int64_t events = argc > 1 ? std::atoll(argv[1]) : 100'000'000;
  const auto raw_days = static_cast<tg::ledger::Minute>(argc > 2 ? std::atoi(argv[2]) : 62);
  tg::ledger::run(events, raw_days);
  return 0;
}
