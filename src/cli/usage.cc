// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;
using Cells = std::vector<std::string>;

constexpr std::array kGroups{"project", "user", "key", "model", "endpoint", "tier"};
constexpr std::array kCounts{"calls",      "errors",       "estimated",     "unpriced",
                             "mismatched", "input_tokens", "cached_tokens", "output_tokens",
                             "images",     "seconds",      "characters"};
constexpr std::array kPoint{"calls", "errors", "tokens"};

struct Wanted {
  std::string from, to, time_zone, step, organization;
  std::vector<std::string> by, projects, users, keys, models, endpoints;
  std::int64_t limit = 100;
  bool csv = false;

  [[nodiscard]] bool divided() const { return !step.empty() && step != "total"; }
};
using WantedPointer = std::shared_ptr<Wanted>;

Json arguments_of(const Wanted& wanted) {
  Json arguments{{"from", wanted.from},
                 {"to", wanted.to},
                 {"time_zone", wanted.time_zone},
                 {"step", wanted.step},
                 {"limit", wanted.limit},
                 {"by", wanted.by},
                 {"organization_id", wanted.organization}};
  for (const auto& [field, ids] :
       {std::pair{"project_ids", &wanted.projects}, std::pair{"user_ids", &wanted.users},
        std::pair{"key_ids", &wanted.keys}, std::pair{"models", &wanted.models},
        std::pair{"endpoints", &wanted.endpoints}}) {
    if (!ids->empty()) arguments[field] = *ids;
  }
  return arguments;
}

// By its name, and where nobody knows that any more by its id.
std::string name_of(const Json& group, const std::string& by) {
  if (group.contains(by)) return group[by].get<std::string>();
  const auto known = group.value(by + "_name", "");
  return known.empty() ? group.value(by + "_id", "") : known;
}

// A dollar with all its nano-dollars: what adds up in a spreadsheet.
std::string plain_usd(const Json& counts, const char* field) {
  const auto nano = counts[field].get<std::int64_t>();
  return fmt::format("{}.{:09}", nano / 1'000'000'000, nano % 1'000'000'000);
}

// The report as lines: one a group, or one a group and step.
class Lines {
 public:
  Lines(const Json& report, const Wanted& wanted) : report_{report}, wanted_{wanted} {
    if (wanted.divided()) head_.emplace_back("from");
    for (const auto* by : kGroups) {
      if (std::ranges::find(wanted.by, by) != wanted.by.end()) by_.emplace_back(by);
    }
    head_.insert(head_.end(), by_.begin(), by_.end());
    if (wanted.divided()) {
      head_.insert(head_.end(), kPoint.begin(), kPoint.end());
      head_.emplace_back("charge");
    } else {
      head_.insert(head_.end(), kCounts.begin(), kCounts.end());
      head_.insert(head_.end(), {"charge", "cost", "would_have_cost"});
    }
    fill();
  }

  void print() const {
    if (wanted_.csv) {
      for (const auto* row : all()) fmt::print("{}\n", line_of(*row));
      return;
    }
    auto head = head_;
    for (auto& cell : head) {
      for (auto& letter : cell) letter = static_cast<char>(letter == '_' ? ' ' : letter & ~0x20);
    }
    print_table(head, rows_);
  }

 private:
  void fill() {
    if (by_.empty()) {
      add({}, report_);
      return;
    }
    for (const auto& group : report_["groups"]) {
      Cells names;
      for (const auto& by : by_) names.push_back(name_of(group, by));
      add(names, group);
    }
    const Cells nobody(by_.size() - 1, "");
    if (!report_["rest"].is_null()) add(with_first("(others)", nobody), report_["rest"]);
    // A sum among its parts would be added again by whoever reads the file.
    if (!wanted_.csv) add(with_first("(all)", nobody), report_);
  }
  static Cells with_first(std::string first, Cells rest) {
    rest.insert(rest.begin(), std::move(first));
    return rest;
  }

  void add(const Cells& names, const Json& usage) {
    if (!wanted_.divided()) {
      auto row = names;
      for (const auto* field : kCounts) row.push_back(text_of(usage["totals"], field));
      row.push_back(money(usage["totals"], "charge_nanousd"));
      row.push_back(money(usage["totals"], "cost_nanousd"));
      row.push_back(money(usage["totals"], "would_have_cost_nanousd"));
      rows_.push_back(std::move(row));
      return;
    }
    const auto& points = usage["points"];
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i].is_null()) continue;
      Cells row{report_["starts"][i].get<std::string>()};
      row.insert(row.end(), names.begin(), names.end());
      for (const auto* field : kPoint) row.push_back(text_of(points[i], field));
      row.push_back(money(points[i], "charge_nanousd"));
      rows_.push_back(std::move(row));
    }
  }
  [[nodiscard]] std::string money(const Json& counts, const char* field) const {
    return wanted_.csv ? plain_usd(counts, field) : usd_of(counts, field);
  }

  [[nodiscard]] std::vector<const Cells*> all() const {
    std::vector<const Cells*> all{&head_};
    for (const auto& row : rows_) all.push_back(&row);
    return all;
  }
  static std::string line_of(const Cells& row) {
    std::string line;
    for (const auto& cell : row) line.append(&cell == row.data() ? "" : ",").append(in_csv(cell));
    return line;
  }

  const Json& report_;
  const Wanted& wanted_;
  Cells by_;
  Cells head_;
  std::vector<Cells> rows_;
};

void add_options(CLI::App& command, const WantedPointer& wanted) {
  command.add_option("--from", wanted->from,
                     "first day, as 2026-11-01; without it: the first there is");
  command.add_option("--to", wanted->to, "last day; without it: today");
  command.add_option("--time-zone", wanted->time_zone, "whose days, as Europe/Berlin (UTC)");
  command
      .add_option("--by", wanted->by,
                  "project, user, key, model, endpoint, tier; any of them, with commas")
      ->delimiter(',')
      ->default_str("key,model");
  command.add_option("--step", wanted->step,
                     "minute, hour, day, week, month or year: a line for each");
  command.add_option("--organization", wanted->organization,
                     "of this one's id only; the operator sees all of them together");
  command.add_option("--project", wanted->projects, "of these projects' ids only")->delimiter(',');
  command.add_option("--user", wanted->users, "of these users' and service accounts' ids only")
      ->delimiter(',');
  command.add_option("--key", wanted->keys, "of these keys' ids only")->delimiter(',');
  command.add_option("--model", wanted->models, "of these models only")->delimiter(',');
  command.add_option("--endpoint", wanted->endpoints, "of these only, as /v1/chat/completions")
      ->delimiter(',');
  command.add_option("--limit", wanted->limit, "so many groups, the dearest first (100)");
  command.add_flag("--csv", wanted->csv, "for a spreadsheet: dollars with nine digits, no sum");
}

}  // namespace

void add_usage(CLI::App& root, Invocation& invocation) {
  auto& command =
      add_command(root, invocation, "usage", "Calls, tokens and charges over any time, by anything",
                  "Examples:\n"
                  "  tollgate usage\n"
                  "  tollgate usage --from 2026-11-01 --by project,user\n"
                  "  tollgate usage --from 2026-11-01 --to 2026-11-30 --time-zone Europe/Berlin "
                  "--step day --csv\n");
  const auto wanted = std::make_shared<Wanted>();
  add_options(command, wanted);
  auto* by = command.get_option("--by");
  command.callback([&invocation, wanted, by] {
    if (by->count() == 0 && !wanted->divided()) wanted->by = {"key", "model"};
    invocation.chosen = [&invocation, wanted] {
      return run_command(invocation, "usage", arguments_of(*wanted),
                         [wanted](const Json& report) { Lines{report, *wanted}.print(); });
    };
  });
}

}  // namespace tg::cli
