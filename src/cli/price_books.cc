// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/folder_access.h"
#include "cli/price_options.h"

namespace tg::cli {
namespace {

using admin::Json;

struct Chosen {
  std::string organization;
  std::string model;
  std::string factor;
  PriceOptions prices;
  std::string unwaited;
  std::string reason;
  bool inherit = false;
  bool confirm = false;
  bool off = false;
};
using ChosenPointer = std::shared_ptr<Chosen>;

std::string text_or(const Json& row, const char* field, const char* otherwise) {
  return row[field].is_null() ? otherwise : row[field].get<std::string>();
}

void show_rule(const Json& row) {
  const auto kind = row["kind"].get<std::string>();
  const auto what = kind == "factor"   ? row["factor"].get<std::string>() + " times the cost"
                    : kind == "prices" ? std::string{"prices of its own"}
                                       : std::string{"no rule here"};
  fmt::print("{}, {}: {}\n", text_or(row, "organization_id", "every other organization"),
             text_or(row, "model", "every other model"), what);
  show_prices(row);
}

void show_rules(const Json& answer) {
  if (answer["data"].empty()) fmt::print("Organizations pay what providers ask.\n");
  for (const auto& row : answer["data"]) show_rule(row);
  if (!answer.contains("only_delivered")) return;
  for (const auto& organization : answer["only_delivered"]) {
    fmt::print("{}: pays only for what was delivered\n", organization.get<std::string>());
  }
}

void show_history(const Json& answer) {
  if (answer["data"].empty()) fmt::print("Nothing was decided here.\n");
  for (const auto& row : answer["data"]) {
    fmt::print("{}  by {}{}\n", instant_of(row, "decided_at"), row["decided_by"].get<std::string>(),
               row["reason"].is_null() ? "" : ": " + row["reason"].get<std::string>());
    show_rule(row);
  }
}

void show_policy(const Json& answer) {
  fmt::print("{}: {}\n", answer["organization_id"].get<std::string>(),
             answer["unwaited"] == "only_delivered"
                 ? "what a client did not wait for is not charged"
                 : "what a client did not wait for is charged as it costs");
}

void show_ceiling(const Json& answer) {
  if (!answer["on"].get<bool>()) {
    return fmt::print("A model without a price is refused.\n");
  }
  fmt::print("A model without a price is charged at most:\n");
  show_prices(answer);
}

ExitCode set_rule(const Invocation& invocation, const Chosen& chosen) {
  auto prices = prices_of(chosen.prices);
  if (!prices) return report_usage(invocation, kPriceForm);
  Json arguments = Json::object();
  if (!prices->empty()) arguments["prices"] = *std::move(prices);
  if (!chosen.organization.empty()) arguments["organization"] = chosen.organization;
  if (!chosen.model.empty()) arguments["model"] = chosen.model;
  if (!chosen.factor.empty()) arguments["factor"] = chosen.factor;
  if (!chosen.reason.empty()) arguments["reason"] = chosen.reason;
  if (chosen.inherit) arguments["inherit"] = true;
  if (chosen.confirm) arguments["confirm"] = true;
  return run_command(invocation, "set_price_book", arguments, show_rule);
}

ExitCode set_ceiling(const Invocation& invocation, const Chosen& chosen) {
  auto prices = prices_of(chosen.prices);
  if (!prices) return report_usage(invocation, kPriceForm);
  if (prices->empty() && !chosen.off) {
    return run_command(invocation, "price_ceiling", Json::object(), show_ceiling);
  }
  Json arguments{{"prices", *std::move(prices)}, {"off", chosen.off}, {"confirm", chosen.confirm}};
  if (!chosen.reason.empty()) arguments["reason"] = chosen.reason;
  return run_command(invocation, "set_price_ceiling", arguments, show_ceiling);
}

void add_organization(CLI::App& command, const ChosenPointer& chosen) {
  command.add_option("--organization", chosen->organization,
                     "of this one; else of all that have no rule of their own");
}

void add_set(CLI::App& book, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& set = add_command(
      book, invocation, "set", "Say what organizations pay: a factor of the cost, or prices",
      "Example:\n  tollgate prices book set --factor 1.15\n"
      "  tollgate prices book set --organization org-… --model gpt-4.1 --input 3 --output 9\n"
      "  tollgate prices book set --organization org-… --inherit\n");
  add_organization(set, chosen);
  set.add_option("--model", chosen->model, "as the provider calls it; else all without a rule");
  set.add_option("--factor", chosen->factor, "1.15: fifteen hundredths more; 1: as the cost");
  add_price_options(set, chosen->prices);
  set.add_flag("--inherit", chosen->inherit, "no rule here, as the next wider one says");
  set.add_flag("--confirm,--yes", chosen->confirm, "also a price far beyond any known");
  set.add_option("--reason", chosen->reason, "why, for the history");
  set.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] { return set_rule(invocation, *chosen); };
  });
}

void add_shown(CLI::App& book, Invocation& invocation, const char* name, const char* operation,
               const char* what, void (*show)(const Json&)) {
  const auto chosen = std::make_shared<Chosen>();
  auto& command = add_command(book, invocation, name, what,
                              fmt::format("Example:\n  tollgate prices book {}\n", name));
  add_organization(command, chosen);
  command.callback([&invocation, chosen, operation, show] {
    invocation.chosen = [&invocation, chosen, operation, show] {
      Json arguments = Json::object();
      if (!chosen->organization.empty()) arguments["organization"] = chosen->organization;
      return run_command(invocation, operation, arguments, show);
    };
  });
}

void add_unwaited(CLI::App& book, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& command = add_command(
      book, invocation, "unwaited", "Who pays for what a client did not wait for",
      "Example:\n  tollgate prices book unwaited only_delivered --organization org-…\n");
  command.add_option("who", chosen->unwaited, "charge_as_cost (the default), only_delivered")
      ->required();
  command.add_option("--organization", chosen->organization, "whose")->required();
  command.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      return run_command(
          invocation, "set_charge_policy",
          Json{{"organization", chosen->organization}, {"unwaited", chosen->unwaited}},
          show_policy);
    };
  });
}

}  // namespace

void add_price_ceiling(CLI::App& prices, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& ceiling = add_command(
      prices, invocation, "ceiling", "What is charged where nobody says what a model costs",
      "Without options: what holds. Such calls are flagged 'unpriced'.\n\n"
      "Example:\n  tollgate prices ceiling --input 15 --output 75 --reason 'trying models'\n"
      "  tollgate prices ceiling --off\n");
  add_price_options(ceiling, chosen->prices);
  ceiling.add_flag("--off", chosen->off, "such models are refused (the default)");
  ceiling.add_flag("--confirm,--yes", chosen->confirm, "also a price far beyond any known");
  ceiling.add_option("--reason", chosen->reason, "why, for the history");
  ceiling.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] { return set_ceiling(invocation, *chosen); };
  });
}

void add_price_books(CLI::App& prices, Invocation& invocation) {
  auto& book = *prices.add_subcommand("book", "What organizations pay for what providers ask");
  book.require_subcommand(1);
  add_shown(book, invocation, "list", "list_price_books", "What holds", show_rules);
  add_set(book, invocation);
  add_shown(book, invocation, "history", "price_book_history", "What was decided, when, by whom",
            show_history);
  add_unwaited(book, invocation);
}

}  // namespace tg::cli
