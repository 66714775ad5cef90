// SPDX-License-Identifier: Apache-2.0
// A year of a busy organization, and how long questions about it take: bench/usage_year.py runs
// this on both engines and keeps what it prints, a JSON object a line.
//
// The year's rollups are written as folding would write them, and so are the calls of its last
// days, without what limits are rebuilt from: nobody asks for that here. How fast calls are written
// in the way that all calls go is a measure of its own.
//
//   usage_year_bench rate EVENTS HOURS FOLDER     calls of so many hours, and how fast
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
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "ledger/event_row.h"
#include "ledger/ledger_writer.h"
#include "ledger/retention.h"
#include "ledger/rollup_blocks.h"
#include "ledger/rollup_fold.h"
#include "ledger/rollup_query.h"
#include "ledger/usage_year_calls.h"
#include "limits/calendar.h"
#include "store/database.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t kYearBeginMs = 1'735'689'600'000;  // 2025-01-01T00:00Z
constexpr Minute kYearBegin = kYearBeginMs / kMinuteMs;
constexpr Minute kYearMinutes = 365 * kDayMinutes;
constexpr Minute kQuartersOfYear = kYearMinutes / kQuarterMinutes;
constexpr int kWarmRuns = 7;
constexpr std::chrono::seconds kFoldInterval{10};

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

[[noreturn]] void stop(const Error& error) {
  fmt::print(stderr, "{}\n", error.detail);
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): nobody else writes by then
}
void must(const Result<void>& done) {
  if (!done) stop(done.error());
}

// An hour's calls, added up; those that are kept one by one as well.
struct Hour {
  Minute begin = 0;
  std::array<RollupTable, kHourMinutes / kQuarterMinutes> quarters;
  std::vector<UsageEvent> calls;
};

// Writes a year's blocks as folding leaves them, quarters and each longer period from the shorter
// ones, and the calls of its last days. While the database has an hour, the next one is made.
class YearMaker {
 public:
  YearMaker(store::Database& database, std::int64_t per_quarter, Minute raw_from)
      : database_{database}, per_quarter_{per_quarter}, raw_from_{raw_from} {}

  void run() {
    const auto begin = Steady::now();
    set_indexes(kWithoutIndexes);
    next_ = make_later(kYearBegin);
    for (auto day = kYearBegin; day < kYearEnd; day += kDayMinutes) {
      must(database_.write([&](soci::session& session) { return write_day(session, day); }));
    }
    must(database_.write(
        [&](soci::session& session) { return save(session, Grain::kYear, kYearBegin, year_); }));
    set_indexes(kWithIndexes);
    fmt::print("{{\"what\": \"raw events\", \"events\": {}, \"of\": {}, \"seconds\": {:.1f}}}\n",
               per_quarter_ * ((kYearEnd - raw_from_) / kQuarterMinutes),
               per_quarter_ * kQuartersOfYear, seconds_since(begin));
  }

 private:
  static constexpr Minute kYearEnd = kYearBegin + kYearMinutes;
  // Millions of rows are faster put down without them. SQLite's primary key is part of its table.
  static constexpr std::array<std::string_view, 2> kWithoutIndexes{
      "DROP INDEX usage_events_by_organization",
      "ALTER TABLE usage_events DROP CONSTRAINT usage_events_pkey"};
  static constexpr std::array<std::string_view, 2> kWithIndexes{
      "CREATE INDEX usage_events_by_organization ON usage_events (organization_id, admitted_ms)",
      "ALTER TABLE usage_events ADD PRIMARY KEY (epoch, worker, sequence)"};

  void set_indexes(const std::array<std::string_view, 2>& statements) {
    must(database_.write([&](soci::session& session) -> Result<void> {
      const bool is_postgresql = session.get_backend_name() == "postgresql";
      if (is_postgresql) session << "SET LOCAL statement_timeout = 0";
      session << std::string{statements[0]};
      if (is_postgresql) session << std::string{statements[1]};
      return {};
    }));
  }

  std::future<Hour> make_later(Minute begin) {
    return std::async(std::launch::async, [this, begin] { return make_hour(begin); });
  }
  Hour make_hour(Minute begin) {
    Hour hour{.begin = begin, .quarters = {}, .calls = {}};
    if (begin >= kYearEnd) return hour;
    const bool is_raw = begin >= raw_from_;
    UsageEvent call;
    for (std::size_t i = 0; i < hour.quarters.size(); ++i) {
      const auto quarter = begin + static_cast<Minute>(i) * kQuarterMinutes;
      const auto begin_ms = to_unix_ms(begin_of(quarter));
      for (std::int64_t each = 0; each < per_quarter_; ++each) {
        calls_.set_next(call, begin_ms + each * kQuarterMinutes * kMinuteMs / per_quarter_);
        const auto minute = is_raw ? minute_of(call.admission.at) - quarter : 0;
        hour.quarters[i].add(minute, names_of(call), sums_of(call.settlement));
        if (is_raw) hour.calls.push_back(call);
      }
    }
    return hour;
  }

  Result<void> write_day(soci::session& session, Minute day) {
    RollupTable of_day;
    for (auto begin = day; begin < day + kDayMinutes; begin += kHourMinutes) {
      const auto hour = next_.get();
      next_ = make_later(begin + kHourMinutes);
      RollupTable of_hour;
      for (std::size_t i = 0; i < hour.quarters.size(); ++i) {
        const auto quarter = begin + static_cast<Minute>(i) * kQuarterMinutes;
        TG_TRY_DONE(save(session, Grain::kQuarter, quarter, hour.quarters[i]));
        of_hour.add(hour.quarters[i], {.minutes = false});
      }
      TG_TRY_DONE(save(session, Grain::kHour, begin, of_hour));
      of_day.add(of_hour, {});
      TG_TRY_DONE(write_calls(session, hour.calls));
    }
    TG_TRY_DONE(save(session, Grain::kDay, day, of_day));
    month_.add(of_day, {});
    if (period_end(Grain::kMonth, day) != day + kDayMinutes) return {};
    TG_TRY_DONE(save(session, Grain::kMonth, period_begin(Grain::kMonth, day), month_));
    year_.add(std::exchange(month_, {}), {});
    return {};
  }
  static Result<void> write_calls(soci::session& session, const std::vector<UsageEvent>& calls) {
    if (calls.empty()) return {};
    TG_TRY(auto insert, store::Statement::prepare_insert(session, "usage_events", column_list()));
    for (const auto& call : calls) {
      const auto row = to_row(call);
      for (const auto number : row.numbers) insert.bind(number);
      for (const auto text : row.texts) insert.bind(text);
      TG_TRY_DONE(insert.queue());
    }
    TG_TRY_DONE(insert.flush());
    return {};
  }
  static Result<void> save(soci::session& session, Grain grain, Minute begin,
                           const RollupTable& table) {
    return save_block(
        session, {.organization_id = kYearOrganization, .grain = grain, .begin = begin}, table);
  }

  store::Database& database_;
  const std::int64_t per_quarter_;
  const Minute raw_from_;
  YearCalls calls_;
  std::future<Hour> next_;
  RollupTable month_;
  RollupTable year_;
};

// As a server's transfer does: it reads and adds up the next batch while the database has one, and
// folds every ten seconds.
class RawWriter {
 public:
  RawWriter(store::Database& database, YearCalls& calls, std::int64_t per_quarter)
      : database_{database}, calls_{calls}, per_quarter_{per_quarter} {}

  void write(Minute from, Minute to) {
    const auto begin = Steady::now();
    next_ms_ = to_unix_ms(begin_of(from));
    end_ms_ = to_unix_ms(begin_of(to));
    auto batch = prepare();
    while (!batch.batch().events.empty()) {
      std::optional<PreparedBatch> next;
      {
        const std::jthread reader{[&] { next.emplace(prepare()); }};
        must(write_ledger(database_, batch));
      }
      written_ += std::ssize(batch.batch().events);
      if (Steady::now() >= next_fold_) {
        fold(batch.batch().events.back().admission.at);
        next_fold_ = Steady::now() + kFoldInterval;
      }
      batch = *std::move(next);
    }
    fold(begin_of(to + 3 * kDayMinutes));
    fmt::print("{{\"what\": \"raw events\", \"events\": {}, \"seconds\": {:.1f}}}\n", written_,
               seconds_since(begin));
  }

 private:
  PreparedBatch prepare() {
    LedgerBatch batch;
    while (next_ms_ < end_ms_ && batch.events.size() < kBatchEventsMax) {
      batch.events.push_back(
          calls_.next(next_ms_ + in_quarter_ * kQuarterMinutes * kMinuteMs / per_quarter_));
      if (++in_quarter_ < per_quarter_) continue;
      in_quarter_ = 0;
      next_ms_ += kQuarterMinutes * kMinuteMs;
    }
    return PreparedBatch{std::move(batch)};
  }
  void fold(WallTime now) {
    for (bool more = true; more;) {
      const auto folded = fold_rollups(database_, now);
      if (!folded) stop(folded.error());
      more = folded->more;
    }
  }

  store::Database& database_;
  YearCalls& calls_;
  const std::int64_t per_quarter_;
  Steady::time_point next_fold_ = Steady::now() + kFoldInterval;
  std::int64_t next_ms_ = 0;  // the quarter that calls are made of, and how many there are
  std::int64_t in_quarter_ = 0;
  std::int64_t end_ms_ = 0;
  std::int64_t written_ = 0;
};

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
                   .asked = {.organization_id = kYearOrganization,
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
  auto answered = query_rollups(database, question.asked);
  if (!answered) stop(answered.error());
  std::size_t groups = 0;
  std::int64_t charge = 0;
  for (auto& bucket : answered->buckets) {
    groups += bucket.size();
    for (const auto& group : bucket) charge += group.sum(Sum::kCharge);
    const auto shown = std::min<std::size_t>(100, bucket.size());
    std::ranges::partial_sort(bucket, bucket.begin() + static_cast<std::ptrdiff_t>(shown),
                              std::ranges::greater{},
                              [](const auto& group) { return group.sum(Sum::kCharge); });
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
  YearMaker{database, events / kQuartersOfYear, kYearBegin + kYearMinutes - raw_days * kDayMinutes}
      .run();
}

void measure_rate(store::Database& database, std::int64_t events, Minute hours) {
  must(rebuild_rollups(database));
  YearCalls calls;
  RawWriter{database, calls, events / kQuartersOfYear}.write(kYearBegin,
                                                             kYearBegin + hours * kHourMinutes);
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
