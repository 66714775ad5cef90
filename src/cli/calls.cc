// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "admin/arguments.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/export_stream.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

constexpr std::int64_t kPage = 1'000;
constexpr std::array kColumns{"id",
                              "at_unix_ms",
                              "key_id",
                              "key_name",
                              "project_id",
                              "user_id",
                              "model",
                              "served_model",
                              "endpoint",
                              "outcome",
                              "http_status",
                              "input_tokens",
                              "output_tokens",
                              "usage_source",
                              "charge_nanousd",
                              "cost_nanousd",
                              "would_have_cost_nanousd",
                              "duration_ms"};

struct Wanted {
  std::string from, to, after;
  std::vector<std::string> keys, projects, users, models, endpoints;
  std::int64_t limit = 50;
  bool csv = false;
  bool packed = false;
};
using WantedPointer = std::shared_ptr<Wanted>;

Json arguments_of(const Wanted& wanted, std::int64_t limit, const std::string& after) {
  Json arguments{{"limit", limit}, {"after", after}};
  for (const auto& [field, day] : {std::pair{"from", &wanted.from}, std::pair{"to", &wanted.to}}) {
    if (!day->empty()) arguments[field] = *day;
  }
  for (const auto& [field, ids] :
       {std::pair{"key_ids", &wanted.keys}, std::pair{"project_ids", &wanted.projects},
        std::pair{"user_ids", &wanted.users}, std::pair{"models", &wanted.models},
        std::pair{"endpoints", &wanted.endpoints}}) {
    if (!ids->empty()) arguments[field] = *ids;
  }
  return arguments;
}

void show_calls(const Json& page) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& call : page["data"]) {
    rows.push_back({text_of(call, "id"), format_utc(from_unix_ms(call["at_unix_ms"])),
                    text_of(call, "key_name"), text_of(call, "model"), text_of(call, "endpoint"),
                    text_of(call, "outcome"), text_of(call, "input_tokens"),
                    text_of(call, "output_tokens"), usd_of(call, "charge_nanousd")});
  }
  print_table({"CALL", "AT", "KEY", "MODEL", "ENDPOINT", "OUTCOME", "IN", "OUT", "CHARGE"}, rows);
  if (page["has_more"].get<bool>()) {
    fmt::print(stderr, "There are older ones: --after {}, or tollgate calls export.\n",
               text_of(page, "last_id"));
  }
}

std::string cell_of(const Json& call, const char* column) {
  const auto& value = call[column];
  if (!value.is_string()) return value.is_null() ? std::string{} : value.dump();
  return in_csv(value.get<std::string>());
}

std::string line_of(const Json& call, bool csv) {
  if (!csv) return call.dump() + '\n';
  std::string line;
  for (const auto* column : kColumns) {
    line.append(line.empty() ? "" : ",").append(cell_of(call, column));
  }
  return line + '\n';
}

std::string head_line() { return fmt::format("{}\n", fmt::join(kColumns, ",")); }

// Page by page, so that a year's calls need no more memory than a thousand.
ExitCode export_calls(Invocation invocation, const Wanted& wanted) {
  invocation.json = false;  // lines are JSON without being told
  if (wanted.packed && ::isatty(STDOUT_FILENO) != 0) {
    return report_usage(invocation, "--zstd writes bytes: send them to a file with > calls.zst");
  }
  ExportStream out{wanted.packed};
  Result<void> written;
  if (wanted.csv) written = out.write(head_line());
  std::string after = wanted.after;
  for (bool more = true; more && written;) {
    more = false;
    const auto ended = run_command(invocation, "list_calls", arguments_of(wanted, kPage, after),
                                   [&](const Json& page) {
                                     for (const auto& call : page["data"]) {
                                       if (written) written = out.write(line_of(call, wanted.csv));
                                     }
                                     more = page["has_more"].get<bool>();
                                     if (more) after = page["last_id"].get<std::string>();
                                   });
    if (ended != ExitCode::kDone) return ended;
  }
  if (written) written = out.finish();
  if (written) return ExitCode::kDone;
  return report_error(invocation, admin::to_api_error(written.error()));
}

void add_filters(CLI::App& command, const WantedPointer& wanted) {
  command.add_option("--from", wanted->from, "first day, as 2026-11-01 (UTC)");
  command.add_option("--to", wanted->to, "last day");
  command.add_option("--key", wanted->keys, "of these keys' ids only")->delimiter(',');
  command.add_option("--project", wanted->projects, "of these projects' ids only")->delimiter(',');
  command.add_option("--user", wanted->users, "of these users' and service accounts' ids only")
      ->delimiter(',');
  command.add_option("--model", wanted->models, "of these models only")->delimiter(',');
  command.add_option("--endpoint", wanted->endpoints, "of these only, as /v1/chat/completions")
      ->delimiter(',');
  command.add_option("--after", wanted->after, "go on after this call");
}

}  // namespace

void add_calls(CLI::App& root, Invocation& invocation) {
  auto* calls = root.add_subcommand("calls", "Each call, who made it and what it was charged");
  calls->require_subcommand(1);
  const auto wanted = std::make_shared<Wanted>();
  auto& list = add_command(*calls, invocation, "list", "The last calls, newest first",
                           "Example:\n  tollgate calls list --model gpt-4.1 --limit 20\n");
  add_filters(list, wanted);
  list.add_option("--limit", wanted->limit, "how many (50; 1,000 at most)");
  list.callback([&invocation, wanted] {
    invocation.chosen = [&invocation, wanted] {
      return run_command(invocation, "list_calls",
                         arguments_of(*wanted, wanted->limit, wanted->after), show_calls);
    };
  });
  auto& all =
      add_command(*calls, invocation, "export", "All of them, newest first, as JSON lines or CSV",
                  "Examples:\n"
                  "  tollgate calls export --from 2026-11-01 --to 2026-11-30 --csv > november.csv\n"
                  "  tollgate calls export --zstd > calls.jsonl.zst\n");
  add_filters(all, wanted);
  all.add_flag("--csv", wanted->csv, "CSV in the place of JSON lines");
  all.add_flag("--zstd", wanted->packed, "packed, for `zstd -d` and everything that reads .zst");
  all.callback([&invocation, wanted] {
    invocation.chosen = [&invocation, wanted] { return export_calls(invocation, *wanted); };
  });
}

}  // namespace tg::cli
