// SPDX-License-Identifier: Apache-2.0
// Usage over any time and by anything, in a zone's own days, with the largest groups first: what
// the console's usage page and `tollgate usage` show.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "admin/operation_context.h"
#include "admin/time_arguments.h"
#include "admin/usage_names.h"
#include "ledger/rollup_query.h"
#include "limits/calendar.h"

namespace tg::admin {
namespace {

using ledger::at;
using ledger::Dimension;
using ledger::Minute;
using ledger::Sum;
using ledger::Sums;

constexpr std::int64_t kGroupsShown = 100;
constexpr std::int64_t kGroupsMax = 1'000;
constexpr std::size_t kBucketsMax = 1'500;
constexpr std::int64_t kMinuteS = 60;

struct Named {
  std::string_view name;    // "project"
  std::string_view field;   // "project_id"
  std::string_view filter;  // "project_ids"
  Dimension dimension{};
};
constexpr std::array kNamed{
    Named{"project", "project_id", "project_ids", Dimension::kProject},
    Named{"user", "user_id", "user_ids", Dimension::kOwner},
    Named{"key", "key_id", "key_ids", Dimension::kKey},
    Named{"model", "model", "models", Dimension::kModel},
    Named{"endpoint", "endpoint", "endpoints", Dimension::kEndpoint},
    Named{"tier", "tier", "tiers", Dimension::kTier},
};

struct Step {
  std::string_view name;
  std::optional<limits::Period> period;  // nothing: one bucket of it all
};
constexpr std::array kSteps{
    Step{"total", std::nullopt},         Step{"minute", limits::Period::kMinute},
    Step{"hour", limits::Period::kHour}, Step{"day", limits::Period::kDay},
    Step{"week", limits::Period::kWeek}, Step{"month", limits::Period::kMonth},
    Step{"year", limits::Period::kYear},
};

struct Wanted {
  limits::TimeZone zone;
  std::string zone_name;
  const Step* step = kSteps.data();
  std::vector<const Named*> by;
  std::vector<std::string> organizations;
  ledger::RollupQuestion question;  // but for whose
  std::int64_t limit = kGroupsShown;
  bool own_keys_only = false;
  bool whole_points = false;  // each with all that its sums tell
};

ApiResult<std::vector<const Named*>> read_by(const Json& arguments) {
  std::vector<const Named*> by;
  TG_TRY(const auto names, listed_texts(arguments, "by"));
  for (const auto& name : names) {
    const auto* found = std::ranges::find(kNamed, name, &Named::name);
    if (found == kNamed.end()) {
      return refuse(Code::kFieldInvalid,
                    "'by' is any of: project, user, key, model, endpoint, tier.", "by");
    }
    if (std::ranges::find(by, found) == by.end()) by.push_back(found);
  }
  return by;
}

ApiResult<const Step*> read_step(const Json& arguments) {
  TG_TRY(const auto name, optional_text(arguments, "step"));
  if (name.empty()) return kSteps.data();
  const auto* found = std::ranges::find(kSteps, name, &Step::name);
  if (found != kSteps.end()) return found;
  return refuse(Code::kFieldInvalid,
                "'step' is one of: total, minute, hour, day, week, month, year.", "step");
}

ApiResult<bool> read_whole_points(const Json& arguments) {
  TG_TRY(const auto name, optional_text(arguments, "points"));
  if (name.empty() || name == "chart") return false;
  if (name == "all") return true;
  return refuse(Code::kFieldInvalid, "'points' is one of: chart, all.", "points");
}

// Whole minutes; where nothing is said, from the beginning of usage to now.
ApiResult<std::vector<Minute>> read_bounds(OperationContext& context, const Json& arguments,
                                           const Wanted& wanted) {
  TG_TRY(const auto from, read_time(arguments, "from", wanted.zone));
  TG_TRY(const auto to, read_time(arguments, "to", wanted.zone));
  const auto now = ledger::minute_of(wall_now()) + 1;
  auto first = from ? ledger::minute_of(*from) : now - 1;
  if (!from) {
    for (const auto& id : wanted.organizations) {
      TG_API_TRY(const auto span, ledger::rollup_span(context.database, id));
      if (span) first = std::min(first, span->from);
    }
    // A step's whole time, since nobody has asked for less.
    if (wanted.step->period) {
      first = ledger::minute_of(
          wanted.zone.period(*wanted.step->period, ledger::begin_of(first)).begin);
    }
  }
  const auto last = to ? ledger::minute_of(*to) : std::max(now, first + 1);
  if (last <= first) return refuse(Code::kFieldInvalid, "'to' is not after 'from'.", "to");
  std::vector<Minute> bounds{first};
  while (wanted.step->period && bounds.back() < last) {
    const auto period = wanted.zone.period(*wanted.step->period, ledger::begin_of(bounds.back()));
    // A zone's clock may be put at any second of history; rollups know whole minutes.
    const auto next = std::max(ledger::minute_of(period.end), bounds.back() + 1);
    if (next >= last) break;
    bounds.push_back(next);
    if (bounds.size() > kBucketsMax) {
      return refuse(Code::kFieldInvalid,
                    fmt::format("That is more than {} steps; take longer ones.", kBucketsMax),
                    "step");
    }
  }
  bounds.push_back(last);
  return bounds;
}

// The operator on the server's own machine belongs to none, and sees all or the one they name.
ApiResult<std::vector<std::string>> read_organizations(OperationContext& context,
                                                       const Json& arguments,
                                                       const Caller& caller) {
  if (!caller.organization_id.empty()) return std::vector{caller.organization_id.text()};
  TG_TRY(auto named, optional_text(arguments, "organization_id"));
  if (!named.empty()) return std::vector{std::move(named)};
  TG_API_TRY(auto all, ledger::organizations_with_usage(context.database));
  return all;
}

ApiResult<Wanted> read_wanted(OperationContext& context, const Json& arguments,
                              const Caller& caller) {
  Wanted wanted;
  TG_TRY(wanted.organizations, read_organizations(context, arguments, caller));
  TG_TRY(wanted.zone_name, optional_text(arguments, "time_zone"));
  if (wanted.zone_name.empty()) wanted.zone_name = "UTC";
  auto zone = limits::TimeZone::find(wanted.zone_name);
  if (!zone) return std::unexpected(to_api_error(zone.error(), "time_zone"));
  wanted.zone = *zone;
  TG_TRY(wanted.step, read_step(arguments));
  TG_TRY(wanted.by, read_by(arguments));
  for (const auto* by : wanted.by) wanted.question.group_by.insert(by->dimension);
  for (const auto& named : kNamed) {
    TG_TRY(auto any_of, listed_texts(arguments, named.filter));
    if (any_of.empty()) continue;
    wanted.question.filters.push_back({.dimension = named.dimension, .any_of = std::move(any_of)});
  }
  TG_TRY(wanted.limit, optional_number(arguments, "limit", kGroupsShown, 1, kGroupsMax));
  TG_TRY(wanted.whole_points, read_whole_points(arguments));
  TG_TRY(wanted.question.bounds, read_bounds(context, arguments, wanted));
  TG_TRY(const auto own, own_keys_only(context, caller));
  wanted.own_keys_only = own.has_value();
  if (own) {
    wanted.question.filters.push_back(
        {.dimension = Dimension::kKey, .any_of = {own->begin(), own->end()}});
  }
  return wanted;
}

Json to_counts(const Sums& sums) {
  const auto usage = ledger::usage_of(sums);
  return Json{{"calls", sums[at(Sum::kCalls)]},
              {"errors", sums[at(Sum::kErrors)]},
              {"interrupted", sums[at(Sum::kInterrupted)]},
              {"estimated", sums[at(Sum::kEstimated)]},
              {"unpriced", sums[at(Sum::kUnpriced)]},
              {"mismatched", sums[at(Sum::kMismatched)]},
              {"input_tokens", usage.input_tokens()},
              {"cached_tokens", usage.cached_tokens()},
              {"output_tokens", usage.output_tokens()},
              {"images", usage.output_images},
              {"seconds", static_cast<double>(usage.input_milliseconds) / 1000},
              {"characters", usage.input_characters},
              {"charge_nanousd", sums[at(Sum::kCharge)]},
              {"cost_nanousd", sums[at(Sum::kCost)]},
              {"would_have_cost_nanousd", sums[at(Sum::kWouldHaveCost)]}};
}

// What a chart draws; with `whole`, also all else.
Json to_point(const Sums& sums, bool whole) {
  const auto usage = ledger::usage_of(sums);
  if (whole) {
    auto counts = to_counts(sums);
    counts["tokens"] = usage.input_tokens() + usage.output_tokens();
    return counts;
  }
  return Json{{"calls", sums[at(Sum::kCalls)]},
              {"errors", sums[at(Sum::kErrors)]},
              {"tokens", usage.input_tokens() + usage.output_tokens()},
              {"charge_nanousd", sums[at(Sum::kCharge)]}};
}

// What was used, in all and in each bucket.
struct Points {
  Sums total{};
  std::map<std::size_t, Sums> by_bucket;

  void add(std::size_t bucket, const Sums& sums) {
    ledger::add(total, sums);
    ledger::add(by_bucket[bucket], sums);
  }
};

using Names = std::array<std::string_view, ledger::kDimensions>;

Names names_in(const ledger::RollupGroup& group) {
  Names names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = group.name(static_cast<Dimension>(i));
  return names;
}

struct NamesHash {
  std::size_t operator()(const Names& names) const noexcept {
    std::size_t hash = 0;
    for (const auto name : names) hash = hash * 31 + std::hash<std::string_view>{}(name);
    return hash;
  }
};

// A group over all buckets and organizations.
struct Series {
  explicit Series(const ledger::RollupGroup& first) : ids{first} {}

  void add(const ledger::RollupGroup& group) {
    charge += group.sum(Sum::kCharge);
    would_have_cost += group.sum(Sum::kWouldHaveCost);
    calls += group.sum(Sum::kCalls);
  }

  ledger::RollupGroup ids;  // one of them, for its names
  std::int64_t charge = 0;
  std::int64_t would_have_cost = 0;
  std::int64_t calls = 0;
};

// The largest charge first, then the most calls; what would have cost counts for test keys.
bool is_before(const Series& left, const Series& right) {
  const auto rank = [](const Series& series) {
    return std::tuple{series.charge, series.would_have_cost, series.calls};
  };
  if (rank(left) != rank(right)) return rank(left) > rank(right);
  return names_in(left.ids) < names_in(right.ids);
}

class Report {
 public:
  explicit Report(const Wanted& wanted)
      : wanted_{wanted}, buckets_{wanted.question.bounds.size() - 1} {}

  void add(ledger::RollupAnswer answer) {
    for (std::size_t i = 0; i < answer.buckets.size(); ++i) {
      for (const auto& group : answer.buckets[i]) {
        const auto number = series_of(group);
        series_[number].add(group);
        parts_.push_back({.series = number, .bucket = i, .group = group});
      }
    }
    answers_.push_back(std::move(answer));
  }

  Json to_json(UsageNames& names) const {
    const auto used = all();
    Json report{{"object", "tollgate.usage"},
                {"time_zone", wanted_.zone_name},
                {"step", wanted_.step->name},
                {"bounds", bounds()},
                {"starts", starts()},
                {"own_keys_only", wanted_.own_keys_only},
                {"totals", to_counts(used.total)},
                {"points", points_of(used)},
                {"groups", Json::array()},
                {"groups_total", wanted_.by.empty() ? 0 : series_.size()},
                {"rest", nullptr}};
    if (wanted_.by.empty()) return report;
    const auto largest = largest_first();
    std::vector<Points> points(largest.size());
    Points rest;
    std::vector<std::size_t> places(series_.size(), points.size());
    for (std::size_t i = 0; i < largest.size(); ++i) places[largest[i]] = i;
    for (const auto& part : parts_) {
      const auto place = places[part.series];
      (place < points.size() ? points[place] : rest).add(part.bucket, part.group.sums());
    }
    for (std::size_t i = 0; i < largest.size(); ++i) {
      report["groups"].push_back(to_group(series_[largest[i]].ids, points[i], names));
    }
    if (largest.size() < series_.size()) {
      report["rest"] = Json{{"totals", to_counts(rest.total)}, {"points", points_of(rest)}};
    }
    return report;
  }

 private:
  // What a series has of one bucket and one organization.
  struct Part {
    std::size_t series = 0;
    std::size_t bucket = 0;
    ledger::RollupGroup group;
  };

  // Where there is one bucket of one organization, each group is a series.
  std::size_t series_of(const ledger::RollupGroup& group) {
    const auto next = series_.size();
    const bool has_one_part = buckets_ == 1 && wanted_.organizations.size() == 1;
    const auto number =
        has_one_part ? next : numbers_.try_emplace(names_in(group), next).first->second;
    if (number == next) series_.emplace_back(group);
    return number;
  }

  Points all() const {
    Points all;
    for (const auto& part : parts_) all.add(part.bucket, part.group.sums());
    return all;
  }

  // As many as are shown, by their numbers.
  std::vector<std::size_t> largest_first() const {
    std::vector<std::size_t> numbers(series_.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto shown = std::min(numbers.size(), static_cast<std::size_t>(wanted_.limit));
    std::ranges::partial_sort(numbers, numbers.begin() + static_cast<std::ptrdiff_t>(shown),
                              [this](std::size_t left, std::size_t right) {
                                return is_before(series_[left], series_[right]);
                              });
    numbers.resize(shown);
    return numbers;
  }

  Json points_of(const Points& all) const {
    auto points = Json::array();
    for (std::size_t i = 0; i < buckets_; ++i) {
      const auto found = all.by_bucket.find(i);
      points.push_back(found == all.by_bucket.end()
                           ? Json(nullptr)
                           : to_point(found->second, wanted_.whole_points));
    }
    return points;
  }

  Json bounds() const {
    auto bounds = Json::array();
    for (const auto minute : wanted_.question.bounds) {
      bounds.push_back(std::int64_t{minute} * kMinuteS);
    }
    return bounds;
  }

  Json starts() const {
    auto starts = Json::array();
    for (std::size_t i = 0; i < buckets_; ++i) {
      starts.push_back(wanted_.zone.format(ledger::begin_of(wanted_.question.bounds[i])));
    }
    return starts;
  }

  Json to_group(const ledger::RollupGroup& ids, const Points& points, UsageNames& names) const {
    auto group = Json::object();
    for (const auto* by : wanted_.by) {
      const auto& id = ids.name(by->dimension);
      group[std::string{by->field}] = id;
      if (by->field.ends_with("_id")) {
        group[std::string{by->name} + "_name"] = names.name(by->dimension, id);
      }
    }
    group["totals"] = to_counts(points.total);
    group["points"] = points_of(points);
    return group;
  }

  const Wanted& wanted_;
  const std::size_t buckets_;
  std::vector<ledger::RollupAnswer> answers_;  // that groups are of
  std::vector<Series> series_;
  std::unordered_map<Names, std::size_t, NamesHash> numbers_;
  std::vector<Part> parts_;
};

}  // namespace

ApiResult<Json> usage(OperationContext& context, const Json& arguments, const Caller& caller) {
  TG_TRY(const auto wanted, read_wanted(context, arguments, caller));
  Report report{wanted};
  for (const auto& id : wanted.organizations) {
    auto question = wanted.question;
    question.organization_id = id;
    TG_API_TRY(auto answer, ledger::query_rollups(context.database, question));
    report.add(std::move(answer));
  }
  UsageNames names{context.database};
  auto shown = report.to_json(names);
  TG_TRY_DONE(note_usage_view(context, caller, names));
  return shown;
}

}  // namespace tg::admin
