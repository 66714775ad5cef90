// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

struct AlertOptions {
  std::string id, organization, project, limit, usd, prefix;
  std::vector<std::string> percents, recipients;
};

// What is no number is sent as it is, and refused with the field's name.
Json to_percents(const std::vector<std::string>& texts) {
  auto percents = Json::array();
  for (const auto& text : texts) {
    int percent = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, percent);
    const bool is_number = parsed.ec == std::errc{} && parsed.ptr == end;
    percents.push_back(is_number ? Json(percent) : Json(text));
  }
  return percents;
}

Json arguments_of(const AlertOptions& options) {
  auto arguments = Json::object();
  if (!options.organization.empty()) {
    arguments["scope"] = "organization";
    arguments["id"] = options.organization;
  }
  if (!options.project.empty()) {
    arguments["scope"] = "project";
    arguments["id"] = options.project;
  }
  if (!options.id.empty()) arguments["id"] = options.id;
  if (!options.limit.empty()) arguments["limit_id"] = options.limit;
  if (!options.usd.empty()) arguments["usd"] = options.usd;
  if (!options.percents.empty()) arguments["percents"] = to_percents(options.percents);
  if (options.recipients == std::vector<std::string>{"owners"}) {
    arguments["recipients"] = Json::array();
  } else if (!options.recipients.empty()) {
    arguments["recipients"] = options.recipients;
  }
  if (!options.prefix.empty()) arguments["subject_prefix"] = options.prefix;
  if (options.prefix == "none") arguments["subject_prefix"] = "";
  return arguments;
}

// "at $100.00 per month", "at 50, 80 and 100% of $500.00 per day in Europe/Berlin"
std::string describe(const Json& alert) {
  std::string text = "at ";
  if (!alert["percents"].is_null()) {
    std::string percents;
    for (const auto& percent : alert["percents"]) {
      percents += fmt::format("{}{}", percents.empty() ? "" : ", ", percent.get<int>());
    }
    text += percents + "% of ";
  }
  text += usd_of(alert, "amount_nanousd");
  const auto per = text_of(alert, "per");
  text += per == "total" ? " in total" : " per " + per;
  if (text_of(alert, "window") == "rolling") text += ", rolling";
  if (text_of(alert, "time_zone") != "UTC") text += " in " + text_of(alert, "time_zone");
  return text;
}

std::string recipients_of(const Json& alert) {
  std::string text;
  for (const auto& recipient : alert["recipients"]) {
    text += (text.empty() ? "" : ", ") + recipient.get<std::string>();
  }
  return text.empty() ? "the owners" : text;
}

std::string last_sent_of(const Json& alert) {
  const auto& sent = alert["last_sent"];
  if (sent.is_null()) return "never";
  const auto percent =
      sent["percent"].is_null() ? std::string{} : fmt::format(" ({}%)", sent["percent"].get<int>());
  return time_of(sent, "at") + percent;
}

void show_alert(const Json& alert) {
  const auto on = fmt::format("{} '{}' ({})", text_of(alert, "scope"),
                              text_of(alert, "target_name"), text_of(alert, "target_id"));
  if (alert.contains("deleted")) {
    fmt::print("The alert {} on {} is removed.\n", text_of(alert, "id"), on);
    return;
  }
  fmt::print("{} on {}: {}, to {}.\nSpent {}; last sent (UTC): {}.\n", text_of(alert, "id"), on,
             describe(alert), recipients_of(alert), usd_of(alert, "spent_nanousd"),
             last_sent_of(alert));
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& alert : list["data"]) {
    rows.push_back({text_of(alert, "id"), text_of(alert, "scope"), text_of(alert, "target_name"),
                    text_of(alert, "target_id"), describe(alert), usd_of(alert, "spent_nanousd"),
                    recipients_of(alert), last_sent_of(alert)});
  }
  print_table({"ID", "SCOPE", "NAME", "TARGET", "ALERT", "SPENT", "TO", "LAST SENT (UTC)"}, rows);
  if (!list["mail_is_configured"].get<bool>()) {
    fmt::print("No mail server is configured, so none is sent; see docs/people.md.\n");
  }
}

void add_what_and_whom(CLI::App& command, AlertOptions& options) {
  command.add_option("--usd", options.usd, "dollars and cents a calendar month (UTC), as 100.00");
  command.add_option("--percent", options.percents, "of the limit, as 50,80,100")->delimiter(',');
  command
      .add_option("--to", options.recipients,
                  "e-mail addresses, 20 at most; owners (the default on a limit): its owners")
      ->delimiter(',');
  command.add_option("--subject-prefix", options.prefix,
                     "in front of the mail's subject; none: nothing");
}

void choose(CLI::App& command, Invocation& invocation, const char* operation,
            const std::shared_ptr<AlertOptions>& options) {
  command.callback([&invocation, operation, options] {
    invocation.chosen = [&invocation, operation, options] {
      return run_command(invocation, operation, arguments_of(*options), show_alert);
    };
  });
}

void add_add(CLI::App& alerts, Invocation& invocation) {
  auto& command = add_command(
      alerts, invocation, "add", "Tell people by mail when so much is spent",
      "Each is sent once a month, or once for each percentage and period of its limit. It stops "
      "no\n"
      "call.\n\nExamples:\n"
      "  tollgate alerts add --organization org-9d… --usd 1000 --to cfo@example.org\n"
      "  tollgate alerts add --project proj_8a… --usd 100 --to ops@example.org,ada@example.org\n"
      "  tollgate alerts add --limit limit_6e… --percent 50,80,100\n");
  const auto options = std::make_shared<AlertOptions>();
  auto& target = *command.add_option_group("target", "on what: one of these");
  target.add_option("--organization", options->organization, "an organization's id");
  target.add_option("--project", options->project, "a project's id");
  target.add_option("--limit", options->limit, "the id of a limit of money");
  target.require_option(1);
  add_what_and_whom(command, *options);
  choose(command, invocation, "add_alert", options);
}

void add_change(CLI::App& alerts, Invocation& invocation) {
  auto& command = add_command(alerts, invocation, "change", "Change what an alert tells, or whom",
                              "What is not named stays as it is.\n\nExamples:\n"
                              "  tollgate alerts change alert_3c… --usd 200\n"
                              "  tollgate alerts change alert_3c… --to ops@example.org\n");
  const auto options = std::make_shared<AlertOptions>();
  command.add_option("id", options->id, "the alert's id, as 'tollgate alerts list' shows it")
      ->required();
  add_what_and_whom(command, *options);
  choose(command, invocation, "update_alert", options);
}

void add_remove(CLI::App& alerts, Invocation& invocation) {
  auto& command = add_command(alerts, invocation, "remove", "Remove an alert by its id",
                              "Example:\n  tollgate alerts remove alert_3c…\n");
  const auto options = std::make_shared<AlertOptions>();
  command.add_option("id", options->id, "the alert's id, as 'tollgate alerts list' shows it")
      ->required();
  choose(command, invocation, "remove_alert", options);
}

void add_list(CLI::App& alerts, Invocation& invocation) {
  auto& command =
      add_command(alerts, invocation, "list", "List the alerts, and when they were sent last",
                  "Examples:\n  tollgate alerts list\n"
                  "  tollgate alerts list --target proj_8a…\n");
  const auto target = std::make_shared<std::string>();
  command.add_option("--target", *target,
                     "only those on this key, user, service account, project or organization");
  command.callback([&invocation, target] {
    invocation.chosen = [&invocation, target] {
      return run_command(invocation, "list_alerts", {{"target_id", *target}}, show_list);
    };
  });
}

}  // namespace

void add_alerts(CLI::App& root, Invocation& invocation) {
  auto& alerts = *root.add_subcommand("alerts", "Tell people by mail what is spent");
  alerts.require_subcommand(1);
  add_add(alerts, invocation);
  add_change(alerts, invocation);
  add_remove(alerts, invocation);
  add_list(alerts, invocation);
}

}  // namespace tg::cli
