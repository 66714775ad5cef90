// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "admin/audit_export.h"
#include "admin/audit_json.h"
#include "cli/commands.h"
#include "cli/folder_access.h"

// The audit log: listed, exported as lines that can be verified anywhere, verified.
namespace tg::cli {
namespace {

using admin::ApiResult;
using admin::Json;

struct ListOptions {
  std::string since, type, actor, organization;
  int limit = 50;
};

// The user, key or address that acted.
std::string actor_of(const Json& log) {
  const auto& actor = log["actor"];
  if (actor.is_null()) return "-";
  const auto& acting = actor[actor["type"].get<std::string>()];
  const auto user = acting.value("user", Json::object());
  auto who = user.value("email", user.value("id", ""));
  if (actor["type"] == "api_key") who += fmt::format(" ({})", acting.value("id", ""));
  return who.empty() ? "-" : who;
}

std::string address_of(const Json& log) {
  const auto& actor = log["actor"];
  if (actor.is_null()) return "-";
  return text_of(actor[actor["type"].get<std::string>()], "ip_address");
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& log : list["data"]) {
    auto payload = log[log["type"].get<std::string>()];
    const auto target = text_of(payload, "id");
    payload.erase("id");
    rows.push_back({time_of(log, "effective_at"), text_of(log, "type"), target, actor_of(log),
                    address_of(log), payload.empty() ? "-" : payload.dump()});
  }
  print_table({"TIME (UTC)", "EVENT", "WHAT", "WHO", "FROM", "DETAIL"}, rows);
}

// As many pages as hold what was asked for.
ApiResult<Json> read_list(const config::Settings& settings, const ListOptions& options) {
  auto data = Json::array();
  Json arguments{{"since", options.since},
                 {"type", options.type},
                 {"actor", options.actor},
                 {"organization", options.organization}};
  bool has_more = true;
  while (has_more && data.size() < static_cast<std::size_t>(options.limit)) {
    arguments["limit"] =
        std::min<std::size_t>(1000, static_cast<std::size_t>(options.limit) - data.size());
    auto page = run_on_folder(settings, "list_audit_log", arguments);
    if (!page) return page;
    has_more = page->value("has_more", false) && !(*page)["data"].empty();
    arguments["after"] = (*page)["last_id"];
    for (auto& log : (*page)["data"]) data.push_back(std::move(log));
  }
  return Json{{"object", "list"}, {"data", std::move(data)}, {"has_more", has_more}};
}

ExitCode run_list(const Invocation& invocation, const ListOptions& options) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  return report(invocation, read_list(loaded->settings, options), show_list);
}

void print_line(const Json& json) { fmt::print("{}\n", json.dump()); }

// A chain up to where its head says that it ends, then the head.
ApiResult<void> export_chain(const config::Settings& settings, const Json& head) {
  const auto entries = head.value("entries", std::int64_t{0});
  std::int64_t sequence = 0;
  while (sequence < entries) {
    auto page = run_on_folder(settings, "export_audit_log",
                              {{"chain", head["chain"]}, {"after", sequence}});
    if (!page) return std::unexpected(page.error());
    const auto& data = (*page)["data"];
    if (data.empty()) break;  // fewer than the head counts: verifying says so
    for (const auto& line : data) {
      sequence = line.value("sequence", std::int64_t{0});
      if (sequence <= entries) print_line(line);
    }
  }
  print_line(head);
  return {};
}

ExitCode run_export(const Invocation& invocation, const std::string& organization) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  const auto chains = run_on_folder(loaded->settings, "list_audit_chains", Json::object());
  if (!chains) return report_error(invocation, chains.error());
  bool any = false;
  for (const auto& head : (*chains)["data"]) {
    if (!organization.empty() && head["chain"] != organization) continue;
    any = true;
    const auto done = export_chain(loaded->settings, head);
    if (!done) return report_error(invocation, done.error());
  }
  if (any || organization.empty()) return ExitCode::kDone;
  return report_error(invocation,
                      {.code = Code::kNotFound,
                       .message = fmt::format("There is no audit log of '{}'.", organization),
                       .param = "organization"});
}

ApiResult<Json> verify_file(const std::string& path) {
  TG_TRY(const auto read, admin::read_audit_export(path));
  return admin::to_json(read.report);
}

void show_report(const Json& report) {
  fmt::print("Looked at {} entries in {} chains{}.\n", text_of(report, "entries"),
             text_of(report, "chains"),
             report.value("seals_checked", false) ? " and at the seals of their ends" : "");
  if (report.value("holds", false)) {
    fmt::print("Nothing was changed, taken out or cut off.\n");
    return;
  }
  fmt::print("The audit log WAS CHANGED after it was written:\n");
  for (const auto& finding : report["findings"]) {
    fmt::print("  chain {}, entry {}: {}\n", text_of(finding, "chain"),
               text_of(finding, "sequence"), text_of(finding, "what"));
  }
}

ExitCode run_verify(const Invocation& invocation, const std::string& file) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  const auto verified = file.empty()
                            ? run_on_folder(loaded->settings, "verify_audit_log", Json::object())
                            : verify_file(file);
  const auto ended = report(invocation, verified, show_report);
  return verified && !verified->value("holds", false) ? ExitCode::kFailed : ended;
}

void add_list(CLI::App& audit, Invocation& invocation) {
  auto& command =
      add_command(audit, invocation, "list", "Who changed what, the newest first",
                  "Examples:\n  tollgate audit list --since 24h\n"
                  "  tollgate audit list --type api_key.deleted --actor ada@example.org --json\n");
  const auto options = std::make_shared<ListOptions>();
  command.add_option("--since", options->since, "a day, as 2026-11-24 (UTC), or 90m, 24h, 7d ago");
  command.add_option("--type", options->type, "an event's type, as api_key.created");
  command.add_option("--actor", options->actor, "a user's or key's id, or a person's e-mail");
  command.add_option("--organization", options->organization,
                     "an organization's id, or instance (default: all)");
  command.add_option("--limit", options->limit, "how many (default 50)")
      ->check(CLI::Range(1, 100'000));
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return run_list(invocation, *options); };
  });
}

void add_export(CLI::App& audit, Invocation& invocation) {
  auto& command = add_command(audit, invocation, "export",
                              "Print all of it as JSON lines, which can be verified anywhere",
                              "Examples:\n  tollgate audit export > audit.jsonl\n"
                              "  tollgate audit export --organization org-4f… > audit.jsonl\n");
  const auto organization = std::make_shared<std::string>();
  command.add_option("--organization", *organization,
                     "an organization's id, or instance (default: all)");
  command.callback([&invocation, organization] {
    invocation.chosen = [&invocation, organization] {
      return run_export(invocation, *organization);
    };
  });
}

void add_audit_verify(CLI::App& audit, Invocation& invocation) {
  auto& command = add_command(
      audit, invocation, "verify",
      "Prove that nothing in it was changed, taken out or cut off, or say what was",
      "On a running server too. Exits with 1 when something was.\n\n"
      "Examples:\n  tollgate audit verify\n  tollgate audit verify --file audit.jsonl\n");
  const auto file = std::make_shared<std::string>();
  command.add_option("--file", *file, "an export, in place of the data folder");
  command.callback([&invocation, file] {
    invocation.chosen = [&invocation, file] { return run_verify(invocation, *file); };
  });
}

}  // namespace

void add_audit(CLI::App& root, Invocation& invocation) {
  auto& audit = *root.add_subcommand("audit", "Who changed what, when and from where");
  audit.require_subcommand(1);
  add_list(audit, invocation);
  add_export(audit, invocation);
  add_audit_verify(audit, invocation);
}

}  // namespace tg::cli
