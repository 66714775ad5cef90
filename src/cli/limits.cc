// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>

#include "base/money.h"
#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/list_options.h"

namespace tg::cli {
namespace {

using admin::Json;

// A flag and the operation's value or field for it.
struct Choice {
  const char* flag;
  const char* name;
  const char* meaning;
};
constexpr auto kScopes =
    std::to_array<Choice>({{"--key", "key", "a key's id"},
                           {"--user", "user", "a user's id: all of their keys together"},
                           {"--service-account", "service_account", "a service account's id"},
                           {"--project", "project", "a project's id"},
                           {"--organization", "organization", "an organization's id"}});
constexpr auto kAmounts = std::to_array<Choice>(
    {{"--usd", "usd", "dollars, as 12.50"},
     {"--tokens", "tokens", "tokens, input and output"},
     {"--requests", "requests", "calls"},
     {"--concurrency", "concurrency", "calls at once"},
     {"--images", "images", "images asked for, per minute"},
     {"--audio-megabytes", "audio_megabytes", "megabytes of recordings sent, per minute"}});

struct SetOptions {
  std::array<std::string, kScopes.size()> targets;
  std::array<std::string, kAmounts.size()> amounts;
  std::string per, window, time_zone, model, trust_upstream;
  bool soft = false;
};

// "none" removes; what is no number is sent as it is, and refused with the field's name.
Json to_amount(const std::string& text, bool is_money) {
  if (text == "none") return nullptr;
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (!is_money && parsed.ec == std::errc{} && parsed.ptr == end) return count;
  return text;
}

Json arguments_of(const SetOptions& options) {
  Json arguments;
  for (std::size_t i = 0; i < kScopes.size(); ++i) {
    if (options.targets[i].empty()) continue;
    arguments["scope"] = kScopes[i].name;
    arguments["id"] = options.targets[i];
  }
  for (std::size_t i = 0; i < kAmounts.size(); ++i) {
    if (options.amounts[i].empty()) continue;
    arguments[kAmounts[i].name] = to_amount(options.amounts[i], i == 0);
  }
  const std::pair<const char*, const std::string&> texts[] = {{"per", options.per},
                                                              {"window", options.window},
                                                              {"time_zone", options.time_zone},
                                                              {"model", options.model}};
  for (const auto& [field, text] : texts) {
    if (!text.empty()) arguments[field] = text;
  }
  if (options.soft) arguments["soft"] = true;
  if (options.trust_upstream == "no") arguments["trust_upstream"] = false;
  return arguments;
}

// "1,234,567"
std::string grouped(std::int64_t count) {
  auto text = std::to_string(count);
  const std::size_t sign = count < 0 ? 1 : 0;
  for (auto at = text.size(); at > sign + 3;) text.insert(at -= 3, ",");
  return text;
}

// A field of a limit in its own unit: dollars, or a number.
std::string amount_of(const Json& limit, const char* field) {
  const auto metric = text_of(limit, "metric");
  if (metric == "money") return usd_of(limit, field);
  const auto found = limit.find(field);
  if (found == limit.end() || !found->is_number_integer()) return "-";
  if (metric == "audio") return fmt::format("{:.3f} MB", found->get<double>() / 1e6);
  return grouped(found->get<std::int64_t>());
}

// "$50.00 per month in Europe/Berlin", "60 requests per minute, as a rate", "5 calls at once"
std::string describe(const Json& limit) {
  const auto metric = text_of(limit, "metric");
  auto text = amount_of(limit, "amount");
  if (metric == "concurrency") {
    text += " calls at once";
  } else {
    if (metric == "audio") text += " of";
    if (metric != "money") text += " " + metric;
    const auto per = text_of(limit, "per");
    text += per == "total" ? " in total" : " per " + per;
  }
  if (text_of(limit, "window") == "rolling") text += ", rolling";
  if (text_of(limit, "window") == "rate") text += ", as a rate";
  if (text_of(limit, "time_zone") != "UTC") text += " in " + text_of(limit, "time_zone");
  if (!limit["model"].is_null()) text += " on " + text_of(limit, "model");
  if (limit["hard"] == false) text += " (soft)";
  if (limit["trusts_upstream"] == false) text += " (trusts no upstream)";
  return text;
}

// "-": waiting changes nothing now, as where nothing of a rolling window is used.
std::string resets_of(const Json& limit) {
  if (!limit["resets_at"].is_null()) return time_of(limit, "resets_at");
  return text_of(limit, "per") == "total" && text_of(limit, "metric") != "concurrency" ? "never"
                                                                                       : "-";
}

void show_limit(const Json& limit) {
  const auto on = fmt::format("{} '{}' ({})", text_of(limit, "scope"),
                              text_of(limit, "target_name"), text_of(limit, "target_id"));
  if (limit.contains("deleted")) {
    fmt::print("This limit on {} is removed.\n", on);
    return;
  }
  fmt::print("{} on {}: {}.\nSpent {}, held by running calls {}, left {}; resets (UTC): {}.\n",
             text_of(limit, "id"), on, describe(limit), amount_of(limit, "spent"),
             amount_of(limit, "held"), amount_of(limit, "left"), resets_of(limit));
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& limit : list["data"]) {
    rows.push_back({text_of(limit, "id"), text_of(limit, "scope"), text_of(limit, "target_name"),
                    text_of(limit, "target_id"), describe(limit), amount_of(limit, "spent"),
                    amount_of(limit, "held"), amount_of(limit, "left"), resets_of(limit)});
  }
  print_table({"ID", "SCOPE", "NAME", "TARGET", "LIMIT", "SPENT", "HELD", "LEFT", "RESETS (UTC)"},
              rows);
  tell_of_more(list);
}

void add_set(CLI::App& limits, Invocation& invocation) {
  auto& command = add_command(
      limits, invocation, "set", "Set, change or remove a limit",
      "A limit on the same target, of the same metric, period, window, zone and model is changed;\n"
      "any other is added, up to 16 on a target. 'none' for an amount removes the limit.\n\n"
      "Examples:\n"
      "  tollgate limits set --key key_4f… --usd 5.00\n"
      "  tollgate limits set --key key_4f… --usd 50 --per month --time-zone Europe/Berlin\n"
      "  tollgate limits set --user user-7c… --requests 60 --per minute --window rate\n"
      "  tollgate limits set --project proj_8a… --tokens 2000000 --per day --model gpt-5-mini\n"
      "  tollgate limits set --service-account svc_acct_2b… --concurrency 8\n"
      "  tollgate limits set --organization org-9d… --usd 1000 --per month --soft\n"
      "  tollgate limits set --key key_4f… --usd none\n");
  const auto options = std::make_shared<SetOptions>();
  auto& scope = *command.add_option_group("target", "on what: one of these");
  for (std::size_t i = 0; i < kScopes.size(); ++i) {
    scope.add_option(kScopes[i].flag, options->targets[i], kScopes[i].meaning);
  }
  scope.require_option(1);
  auto& amount = *command.add_option_group("amount", "how much: one of these; none removes");
  for (std::size_t i = 0; i < kAmounts.size(); ++i) {
    amount.add_option(kAmounts[i].flag, options->amounts[i], kAmounts[i].meaning);
  }
  amount.require_option(1);
  command.add_option("--per", options->per,
                     "minute, hour, day, week, month, quarter, year or total (default total)");
  command.add_option("--window", options->window,
                     "calendar (default), rolling: the last so much time, rate: spread evenly");
  command.add_option("--time-zone", options->time_zone,
                     "whose calendar, as Europe/Berlin (default UTC)");
  command.add_option("--model", options->model,
                     "only calls that are sent as this model (projects)");
  command.add_flag("--soft", options->soft, "count and report, refuse nothing");
  command
      .add_option("--trust-upstream", options->trust_upstream,
                  "no: hold what the model could use at most, whatever the call asks for "
                  "(default yes)")
      ->check(CLI::IsMember({"yes", "no"}));
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      return run_command(invocation, "set_limit", arguments_of(*options), show_limit);
    };
  });
}

void add_remove(CLI::App& limits, Invocation& invocation) {
  auto& command = add_command(limits, invocation, "remove", "Remove a limit by its id",
                              "Example:\n  tollgate limits remove limit_6e…\n");
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "the limit's id, as 'tollgate limits list' shows it")->required();
  command.callback([&invocation, id] {
    invocation.chosen = [&invocation, id] {
      return run_command(invocation, "remove_limit", {{"id", *id}}, show_limit);
    };
  });
}

void add_list(CLI::App& limits, Invocation& invocation) {
  auto& command = add_command(limits, invocation, "list",
                              "List the limits, what is left of them and when they reset",
                              "Examples:\n  tollgate limits list\n"
                              "  tollgate limits list --target key_4f…\n");
  const auto target = std::make_shared<std::string>();
  command.add_option("--target", *target,
                     "only those on this key, user, service account, project or organization");
  const auto page = add_list_options(command);
  command.callback([&invocation, target, page] {
    invocation.chosen = [&invocation, target, page] {
      const auto arguments = with_page(*page, Json{{"target_id", *target}});
      return run_command(invocation, "list_limits", arguments, show_list);
    };
  });
}

}  // namespace

void add_limits(CLI::App& root, Invocation& invocation) {
  auto& limits =
      *root.add_subcommand("limits", "Limit what keys, people, projects and organizations may use");
  limits.require_subcommand(1);
  add_set(limits, invocation);
  add_remove(limits, invocation);
  add_list(limits, invocation);
}

}  // namespace tg::cli
