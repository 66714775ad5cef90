// SPDX-License-Identifier: Apache-2.0
#include "ledger/verify.h"

#include <fmt/format.h>

#include "ledger/limit_restore.h"
#include "ledger/verify_parts.h"
#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

// Everything but the limits, in one transaction: what is compared is of the same instant.
Result<Finding> verify_tables(soci::session& session, const VerifyOptions& options,
                              VerifyReport& report) {
  TG_TRY(auto found, verify_epochs(session));
  if (!found) {
    TG_TRY(found, verify_journal(session, options, report));
  }
  if (!found) {
    TG_TRY(found, verify_sums(session, options, report));
  }
  if (!found) {
    TG_TRY(found, verify_blocks(session));
  }
  if (!found) {
    TG_TRY(found, verify_credits(session, options));
  }
  return found;
}

// What a limit may have spent. Between the two lie calls that a rolling window, after a restart,
// knows as part of a whole interval only; for every other limit they are the same.
struct Bounds {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

Bounds bounds_of(const LiveReading& reading, const std::vector<Spent>& spent) {
  const bool rolling = reading.rule.window == limits::Window::kRolling;
  Bounds bounds;
  for (const auto& each : spent) {
    const auto units = used(each, reading.rule.metric);
    bounds.most += units;
    if (!rolling || each.begin >= reading.counts_from) bounds.least += units;
  }
  return bounds;
}

// A rolling window that was restored in fine intervals may reach back by one of them, to where only
// a second's grain tells what lies on which side.
SpentQuestion question_of(const LiveReading& reading) {
  const auto grain = restore_grain(reading.rule.period);
  if (grain >= kSliceLength) {
    return {.spender = reading.spender, .from = reading.counts_from, .grain = grain};
  }
  const bool reaches_back = reading.rule.window == limits::Window::kRolling;
  return {.spender = reading.spender,
          .from = reaches_back ? reading.counts_from - grain : reading.counts_from,
          .grain = std::chrono::seconds{1}};
}

std::string name_of(const LiveReading& reading) {
  return fmt::format("{} of {}{}{}, limited by {}", limits::name(reading.rule.metric),
                     reading.spender.id, reading.spender.model.empty() ? "" : " on ",
                     reading.spender.model, reading.rule.id);
}

}  // namespace

Result<Finding> verify_epochs(soci::session& session) {
  TG_TRY(auto next, Statement::prepare(session,
                                       "SELECT MIN(epoch), COUNT(epoch) FROM (SELECT epoch"
                                       " FROM usage_events WHERE epoch > ?"
                                       " ORDER BY epoch LIMIT 1) AS later"));
  TG_TRY(auto known, Statement::prepare(session,
                                        "SELECT COUNT(*), (SELECT COALESCE(MAX(epoch), 0)"
                                        " FROM journal_epochs)"
                                        " FROM journal_epochs WHERE epoch = ?"));
  for (std::int64_t epoch = -1;;) {
    next.bind(epoch);
    TG_TRY(const bool row, next.step());
    if (!row || next.number(1) == 0) return Finding{};
    epoch = next.number(0);
    next.restart();
    known.bind(epoch);
    TG_TRY_DONE(known.step());
    if (known.number(0) == 0) {
      return Difference{
          .what = fmt::format("epoch {}", epoch),
          .expected = fmt::format("epochs up to {} (journal_epochs)", known.number(1)),
          .found = fmt::format("calls of epoch {} (usage_events)", epoch)};
    }
    known.restart();
  }
}

Result<Finding> verify_limits(store::Database& database, const VerifyOptions& options,
                              VerifyReport& report) {
  std::vector<const LiveReading*> readings;
  std::vector<SpentQuestion> questions;
  for (const auto& reading : options.live) {
    // Rates forget by design, and calls that run are in no ledger.
    const bool is_sum = reading.rule.metric != limits::Metric::kConcurrency &&
                        !limits::forgets(reading.rule.metric) &&
                        reading.rule.window != limits::Window::kRate;
    if (!is_sum) continue;
    readings.push_back(&reading);
    questions.push_back(question_of(reading));
  }
  if (readings.empty()) return Finding{};
  TG_TRY(const auto answers, query_spent(database, questions));
  for (std::size_t i = 0; i < readings.size(); ++i) {
    const auto& reading = *readings[i];
    ++report.limits;
    const auto [least, most] = bounds_of(reading, answers[i]);
    if (reading.spent >= least && reading.spent <= most) continue;
    const auto told =
        least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
    return Difference{.what = name_of(reading),
                      .expected = fmt::format("{} since {} (usage_events)", told,
                                              format_utc(reading.counts_from)),
                      .found = fmt::format("{} (the live limit)", reading.spent)};
  }
  return Finding{};
}

Result<VerifyReport> verify_ledger(store::Database& database, const VerifyOptions& options) {
  VerifyReport report;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(report.difference, verify_tables(session, options, report));
    return {};
  }));
  if (!report.difference) {
    TG_TRY(report.difference, verify_limits(database, options, report));
  }
  return report;
}

}  // namespace tg::ledger
