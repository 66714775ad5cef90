// SPDX-License-Identifier: Apache-2.0
// A year of a busy organization, and how long questions about it take: bench/usage_year.py runs
// this on both engines and keeps what it prints, a JSON object a line.
//
// Of 1,000 keys some are much busier than others, as are the models that each asks. Rollups of the
// year are written as folding would write them; the calls of its last days go the way that all
// calls go, and into the events as well.
//
//   usage_year_bench rate EVENTS HOURS FOLDER     calls of so many hours alone, and how fast
//   usage_year_bench make EVENTS RAW_DAYS FOLDER  the year
//   usage_year_bench questions                    their names
//   usage_year_bench ask QUESTION FOLDER          one of them, cold and warm
//   usage_year_bench remove FOLDER                the first day that has calls
//
// EVENTS is a year's. The database lies in the folder, or where TOLLGATE_TEST_DATABASE says.
#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/ledger_writer.h"
#include "ledger/retention.h"
#include "ledger/rollup_blocks.h"
#include "ledger/rollup_fold.h"
#include "ledger/rollup_query.h"
#include "limits/calendar.h"
#include "store/database.h"

namespace tg::ledger {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t kYearBeginMs = 1'735'689'600'000;  // 2025-01-01T00:00Z
constexpr Minute kYearBegin = kYearBeginMs / kMinuteMs;
constexpr Minute kYearMinutes = 365 * kDayMinutes;
constexpr Minute kQuartersOfYear = kYearMinutes / kQuarterMinutes;
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
  auto other_year = year;
  for (auto& bound : other_year) bound -= 31 * kDayMinutes;  // of which some is before all calls
  ask("totals by key and model, of twelve months", other_year, {Dimension::kKey, Dimension::kModel},
      money);
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

// The first answer of a connection that has read nothing yet, and the median of more.
void ask(store::Database& database, const Question& question) {
  auto begin = Steady::now();
  const auto [groups, charge] = answer(database, question);
  const double cold_ms = seconds_since(begin) * 1e3;
  std::array<double, kWarmRuns> warm_ms{};
  for (auto& ms : warm_ms) {
    begin = Steady::now();
    answer(database, question);
    ms = seconds_since(begin) * 1e3;
  }
  std::ranges::sort(warm_ms);
  fmt::print(
      "{{\"what\": \"question\", \"name\": \"{}\", \"groups\": {}, \"charge\": {},"
      " \"cold_ms\": {:.2f}, \"warm_ms\": {:.2f}}}\n",
      question.name, groups, charge, cold_ms, warm_ms[kWarmRuns / 2]);
}

// As retention does once a day: the calls of the first day that has any go.
void remove_a_day(store::Database& database) {
  long long first_ms = 0;
  must(database.read([&](soci::session& session) -> Result<void> {
    session << "SELECT MIN(admitted_ms) FROM usage_events", soci::into(first_ms);
    return {};
  }));
  const auto begin = Steady::now();
  std::int64_t calls = 0;
  for (bool more = true; more;) {
    const auto removed =
        remove_old_calls(database, from_unix_ms(first_ms) + std::chrono::hours{24});
    if (!removed) stop(removed.error());
    calls += removed->calls;
    more = removed->more;
  }
  fmt::print("{{\"what\": \"removal\", \"events\": {}, \"seconds\": {:.1f}}}\n", calls,
             seconds_since(begin));
}

void make_year(store::Database& database, std::int64_t events, Minute raw_days) {
  must(rebuild_rollups(database));  // of nothing
  Generator generator;
  const auto per_quarter = events / kQuartersOfYear;
  // Raw events begin with a month, so that each month is made in one way.
  const auto raw_from =
      period_begin(Grain::kMonth, kYearBegin + kYearMinutes - raw_days * kDayMinutes);
  const auto begin = Steady::now();
  DirectWriter writer{database, generator, per_quarter};
  for (auto day = kYearBegin; day < raw_from; day += kDayMinutes) writer.write_day(day);
  fmt::print("{{\"what\": \"rollups\", \"days\": {}, \"events\": {}, \"seconds\": {:.1f}}}\n",
             (raw_from - kYearBegin) / kDayMinutes,
             per_quarter * ((raw_from - kYearBegin) / kQuarterMinutes), seconds_since(begin));
  std::fflush(stdout);
  write_raw(database, generator, raw_from, kYearBegin + kYearMinutes, per_quarter);
}

void measure_rate(store::Database& database, std::int64_t events, Minute hours) {
  must(rebuild_rollups(database));
  Generator generator;
  write_raw(database, generator, kYearBegin, kYearBegin + hours * kHourMinutes,
            events / kQuartersOfYear);
}

std::unique_ptr<store::Database> open_database(const char* folder) {
  const char* server = ::secure_getenv("TOLLGATE_TEST_DATABASE");
  const SecretBytes address{std::string_view{server == nullptr ? "" : server}};
  auto database = store::Database::open({.data_folder = folder, .address = &address});
  if (!database) stop(database.error());
  return *std::move(database);
}

int run(std::span<char*> arguments) {
  const std::string_view command = arguments.empty() ? "" : arguments[0];
  const auto number = [&](std::size_t i) { return std::atoll(arguments[i]); };
  if (command == "questions") {
    for (const auto& question : questions()) fmt::print("{}\n", question.name);
  } else if (command == "rate" && arguments.size() == 4) {
    measure_rate(*open_database(arguments[3]), number(1), static_cast<Minute>(number(2)));
  } else if (command == "make" && arguments.size() == 4) {
    make_year(*open_database(arguments[3]), number(1), static_cast<Minute>(number(2)));
  } else if (command == "ask" && arguments.size() == 3) {
    for (const auto& question : questions()) {
      if (question.name == arguments[1]) ask(*open_database(arguments[2]), question);
    }
  } else if (command == "remove" && arguments.size() == 2) {
    remove_a_day(*open_database(arguments[1]));
  } else {
    fmt::print(stderr,
               "usage_year_bench rate|make|questions|ask|remove: see the top of its file\n");
    return 64;
  }
  return 0;
}

}  // namespace
}  // namespace tg::ledger

int main(int argc, char** argv) {
  return tg::ledger::run(std::span{argv, static_cast<std::size_t>(argc)}.subspan(1));
}
