// SPDX-License-Identifier: Apache-2.0
#include "ledger/spent.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>
#include <map>

namespace tg::ledger {
namespace {

struct Sums {
  long long charge = 0;
  long long tokens = 0;
  long long requests = 0;
};

// The answers as of one transaction. Slices are read for every question, also where they are too
// coarse: whoever has none there has no events either, and most have few.
class Query {
 public:
  Query(soci::session& session, std::span<const SpentQuestion> questions)
      : session_{session}, questions_{questions}, answers_(questions.size()) {}

  std::vector<std::vector<Spent>> run() {
    read_slices();
    if (!fine_.empty()) read_events();
    return std::move(answers_);
  }

 private:
  // A question that slices are too coarse for.
  struct Fine {
    std::size_t at = 0;  // of the questions
    WallTime begin;      // no event of it lies outside
    WallTime end;
    std::map<WallTime, Sums> found;
  };

  void read_slices();
  void settle_or_refine(std::size_t at);
  void read_events();
  [[nodiscard]] std::vector<std::string> organizations();
  void add(const Admission& admission, const std::string& parent, const Sums& sums);
  void add_to(const Spender& spender, WallTime admitted, const Sums& sums);

  soci::session& session_;
  std::span<const SpentQuestion> questions_;
  std::vector<std::vector<Spent>> answers_;
  std::map<Spender, std::vector<Fine>> fine_;
};

// No call is older than Unix time; earlier instants would overflow.
WallTime beginning_of(const SpentQuestion& question) {
  return std::max(question.from, from_unix_ms(0));
}

void Query::read_slices() {
  long long by = 0;
  std::string id;
  std::string parent;
  std::string model;
  long long from_ms = 0;
  long long begin_ms = 0;
  Sums sums;
  soci::statement statement =
      (session_.prepare << "SELECT begin_ms, CAST(SUM(charge) AS BIGINT),"
                           " CAST(SUM(tokens) AS BIGINT), CAST(SUM(requests) AS BIGINT)"
                           " FROM spend_slices WHERE kind = :kind"
                           " AND (id = :id OR id IN (SELECT id FROM api_keys"
                           " WHERE parent_id = :parent))"
                           " AND model = :model AND begin_ms >= :from"
                           " GROUP BY begin_ms ORDER BY begin_ms",
       soci::into(begin_ms), soci::into(sums.charge), soci::into(sums.tokens),
       soci::into(sums.requests), soci::use(by), soci::use(id), soci::use(parent), soci::use(model),
       soci::use(from_ms));
  for (std::size_t at = 0; at < questions_.size(); ++at) {
    const auto& question = questions_[at];
    by = static_cast<long long>(question.spender.by);
    id = question.spender.id;
    parent = question.spender.by == SpentBy::kKey ? id : "";
    model = question.spender.model;
    from_ms = to_unix_ms(slice_of(beginning_of(question)));
    statement.execute();
    while (statement.fetch()) {
      const auto begin = from_unix_ms(begin_ms);
      answers_[at].push_back({.begin = begin,
                              .end = begin + kSliceLength,
                              .charge = NanoUsd{sums.charge},
                              .tokens = sums.tokens,
                              .requests = sums.requests});
    }
    settle_or_refine(at);
  }
}

void Query::settle_or_refine(std::size_t at) {
  const auto& question = questions_[at];
  auto& slices = answers_[at];
  if (question.grain >= kSliceLength || slices.empty()) return;
  fine_[question.spender].push_back(
      {.at = at,
       .begin = std::max(beginning_of(question), slices.front().begin),
       .end = slices.back().end,
       .found = {}});
  slices.clear();
}

// Found by steps along the index that the events have: there are few, and many events of each.
std::vector<std::string> Query::organizations() {
  std::vector<std::string> found;
  const bool named = std::ranges::all_of(
      fine_, [](const auto& entry) { return entry.first.by == SpentBy::kOrganization; });
  if (named) {
    for (const auto& [spender, questions] : fine_) found.push_back(spender.id);
    return found;
  }
  std::string last;
  std::string next;
  soci::statement statement =
      (session_.prepare << "SELECT organization_id FROM usage_events WHERE organization_id > :last"
                           " ORDER BY organization_id LIMIT 1",
       soci::into(next), soci::use(last));
  while (statement.execute(true)) {
    found.push_back(next);
    last = next;
  }
  return found;
}

void Query::read_events() {
  auto begin = WallTime::max();
  auto end = WallTime::min();
  for (const auto& [spender, questions] : fine_) {
    for (const auto& fine : questions) {
      begin = std::min(begin, fine.begin);
      end = std::max(end, fine.end);
    }
  }
  std::string organization;
  const long long begin_ms = to_unix_ms(begin);
  const long long end_ms = to_unix_ms(end);
  long long admitted_ms = 0;
  std::string key;
  std::string parent;
  std::string owner;
  std::string project;
  std::string organization_of_call;
  Admission admission;
  Sums sums{.requests = 1};
  soci::statement statement =
      (session_.prepare << "SELECT admitted_ms, key_id,"
                           " COALESCE((SELECT parent_id FROM api_keys WHERE id = key_id), ''),"
                           " owner_id, project_id, organization_id, upstream_model, charge, " +
                               token_sum_sql() +
                               " FROM usage_events WHERE organization_id = :organization"
                               " AND admitted_ms >= :begin AND admitted_ms < :end AND test = 0",
       soci::into(admitted_ms), soci::into(key), soci::into(parent), soci::into(owner),
       soci::into(project), soci::into(organization_of_call), soci::into(admission.upstream_model),
       soci::into(sums.charge), soci::into(sums.tokens), soci::use(organization),
       soci::use(begin_ms), soci::use(end_ms));
  for (auto& each : organizations()) {
    organization = std::move(each);
    statement.execute();
    while (statement.fetch()) {
      admission.at = from_unix_ms(admitted_ms);
      admission.key_id = key;
      admission.owner_id = owner;
      admission.project_id = project;
      admission.organization_id = organization_of_call;
      add(admission, parent, sums);
    }
  }
  for (auto& [spender, questions] : fine_) {
    for (auto& fine : questions) {
      const auto grain = questions_[fine.at].grain;
      for (const auto& [interval, found] : fine.found) {
        answers_[fine.at].push_back({.begin = interval,
                                     .end = interval + grain,
                                     .charge = NanoUsd{found.charge},
                                     .tokens = found.tokens,
                                     .requests = found.requests});
      }
    }
  }
}

void Query::add(const Admission& admission, const std::string& parent, const Sums& sums) {
  for (const auto& spender : spenders_of(admission)) add_to(spender, admission.at, sums);
  if (!parent.empty()) {
    add_to({.by = SpentBy::kKey, .id = parent, .model = {}}, admission.at, sums);
  }
}

void Query::add_to(const Spender& spender, WallTime admitted, const Sums& sums) {
  const auto asked = fine_.find(spender);
  if (asked == fine_.end()) return;
  for (auto& fine : asked->second) {
    const auto& question = questions_[fine.at];
    const auto from = beginning_of(question);
    if (admitted < from) continue;
    const auto grain = std::max(question.grain, std::chrono::milliseconds{1});
    auto& interval = fine.found[admitted - (admitted - from) % grain];
    interval.charge += sums.charge;
    interval.tokens += sums.tokens;
    interval.requests += sums.requests;
  }
}

constexpr std::array kTokenColumns{
    "input_text_tokens",           "input_audio_tokens",        "input_image_tokens",
    "cached_input_text_tokens",    "cached_input_audio_tokens", "cached_input_image_tokens",
    "cache_write_text_tokens",     "output_text_tokens",        "output_audio_tokens",
    "output_image_tokens",         "reasoning_tokens",          "cache_write_1h_text_tokens",
    "cache_write_12h_text_tokens",
};

}  // namespace

Result<std::vector<std::vector<Spent>>> query_spent(store::Database& database,
                                                    std::span<const SpentQuestion> questions) {
  std::vector<std::vector<Spent>> answers;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    answers = Query{session, questions}.run();
    return {};
  }));
  return answers;
}

Result<std::vector<Spent>> query_spent(store::Database& database, const Spender& spender,
                                       WallTime from, std::chrono::milliseconds grain) {
  const SpentQuestion question{.spender = spender, .from = from, .grain = grain};
  TG_TRY(auto answers, query_spent(database, {&question, 1}));
  return std::move(answers.front());
}

NanoUsd charge_between(soci::session& session, const Spender& spender, WallTime begin,
                       WallTime end) {
  const auto by = static_cast<long long>(spender.by);
  const std::string parent = spender.by == SpentBy::kKey ? spender.id : "";
  const long long begin_ms = to_unix_ms(std::max(begin, from_unix_ms(0)));
  const long long end_ms = to_unix_ms(end);
  long long charge = 0;
  session << "SELECT CAST(COALESCE(SUM(charge), 0) AS BIGINT) FROM spend_slices"
             " WHERE kind = :kind AND (id = :id OR id IN (SELECT id FROM api_keys"
             " WHERE parent_id = :parent)) AND model = :model"
             " AND begin_ms >= :begin AND begin_ms < :end",
      soci::use(by), soci::use(spender.id), soci::use(parent), soci::use(spender.model),
      soci::use(begin_ms), soci::use(end_ms), soci::into(charge);
  return NanoUsd{charge};
}

std::vector<Spender> spenders_of(const Admission& admission) {
  if (admission.test) return {};
  std::vector<Spender> spenders{
      {.by = SpentBy::kKey, .id = admission.key_id.str(), .model = {}},
      {.by = SpentBy::kProject, .id = admission.project_id.str(), .model = {}},
      {.by = SpentBy::kOrganization, .id = admission.organization_id.str(), .model = {}},
      {.by = SpentBy::kOwner, .id = admission.owner_id.str(), .model = {}},
  };
  if (!admission.upstream_model.empty()) {
    spenders.push_back({.by = SpentBy::kProject,
                        .id = admission.project_id.str(),
                        .model = admission.upstream_model});
  }
  return spenders;
}

WallTime slice_of(WallTime admitted) {
  return admitted - admitted.time_since_epoch() % kSliceLength;
}

std::int64_t tokens_of(const openai::Usage& usage) {
  return usage.input_tokens() + usage.output_tokens();
}

std::string token_sum_sql() {
  std::string sum;
  for (const auto* column : kTokenColumns) {
    sum.append(sum.empty() ? "COALESCE(" : "+COALESCE(").append(column).append(",0)");
  }
  return sum;
}

}  // namespace tg::ledger
