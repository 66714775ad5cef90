// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "base/money.h"
#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

std::string where_from(const Json& sheet) {
  if (sheet.is_null()) return "no price sheet";
  const auto since = format_utc(from_unix_ms(sheet["valid_from"].get<std::int64_t>() * 1000));
  if (sheet["source"] == "ceiling") {
    return fmt::format("nobody says; the operator's ceiling since {}", since);
  }
  if (sheet["source"] == "price_book") {
    return fmt::format("the price book's rule {}, from {} on", text_of(sheet, "decision"), since);
  }
  if (sheet["source"] == "catalogue") {
    return fmt::format("as shipped, the catalogue of {}", text_of(sheet, "catalogue_date"));
  }
  return fmt::format("the operator's decision {}, from {} on", text_of(sheet, "decision"), since);
}

std::string price_text(const Json& price) {
  std::string text = usd_of(price, "nanousd_per_million") + " a million";
  for (const auto* qualifier : {"tier", "size", "quality"}) {
    if (price.contains(qualifier)) text += ", " + price[qualifier].get<std::string>();
  }
  if (price.contains("above_input_tokens")) {
    text += fmt::format(", above {} input tokens", price["above_input_tokens"].get<std::int64_t>());
  }
  return text;
}

std::string count_text(const Json& term) {
  auto text = term.contains("milliseconds")
                  ? fmt::format("{} ms", term["milliseconds"].get<std::int64_t>())
                  : fmt::format("{}", term["count"].get<std::int64_t>());
  if (term.contains("times")) text += fmt::format(" x {}", term["times"].get<std::int64_t>());
  return text;
}

// Why the charge is what it is.
std::string charge_text(const Json& charge) {
  if (charge["rule"] == "cost") return "as the cost";
  if (charge["rule"] == "prices") return where_from(charge["price_sheet"]);
  const auto millionths = charge["factor_millionths"].get<std::int64_t>();
  return fmt::format("{}.{:06} times the cost, by the price book", millionths / 1'000'000,
                     millionths % 1'000'000);
}

void show_terms(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& term : answer["terms"]) {
    auto price = price_text(term["price"]);
    if (term["price"]["unit"] != term["unit"]) {
      price += ", as " + term["price"]["unit"].get<std::string>();
    }
    rows.push_back({text_of(term, "unit"), count_text(term), text_of(term, "source"),
                    std::move(price), text_of(term, "amount_nanousd")});
  }
  if (rows.empty()) return;
  rows.push_back({"sum", "", "", "", text_of(answer, "exact_nanousd")});
  print_table({"UNIT", "COUNT", "COUNTED BY", "PRICE", "NANO-DOLLARS"}, rows);
  for (const auto& term : answer["terms"]) {
    if (term["note"].is_null()) continue;
    fmt::print("{}: {}\n", text_of(term, "unit"), text_of(term, "note"));
  }
}

void show_explanation(const Json& answer) {
  const auto& call = answer["call"];
  const auto at = format_utc(from_unix_ms(call["at_unix_ms"].get<std::int64_t>()));
  fmt::print("{}  {}  {}  {} ({})\n", text_of(call, "id"), at, text_of(call, "endpoint"),
             text_of(call, "model"), text_of(call, "outcome"));
  fmt::print("prices: {} at {}: {}\n", text_of(answer, "upstream_model"),
             text_of(answer, "provider_id"), where_from(answer["price_sheet"]));
  fmt::print("{}\n\n", text_of(answer, "meaning"));
  show_terms(answer);
  if (answer["test"].get<bool>()) {
    fmt::print("would have cost  {} (a test key's call is charged nothing)\n",
               usd_of(answer, "would_have_cost_nanousd"));
  } else {
    fmt::print("cost    {}\n", usd_of(answer, "cost_nanousd"));
    show_terms(answer["charge"]);
    fmt::print("charge  {} ({})\n", usd_of(answer, "charge_nanousd"),
               charge_text(answer["charge"]));
    fmt::print("held    {} at first\n", usd_of(answer, "held_nanousd"));
    for (const auto& paid : answer["credit"]) {
      fmt::print("paid    {} with {}\n", usd_of(paid, "amount_nanousd"), text_of(paid, "grant_id"));
    }
  }
  for (const auto& flag : answer["flags"]) {
    fmt::print("{}: {}\n", text_of(flag, "name"), text_of(flag, "meaning"));
  }
  if (answer["agrees"].get<bool>()) return;
  fmt::print(
      "THE LEDGER DOES NOT AGREE: the sum comes to {}. 'tollgate ledger verify' looks further; "
      "please report it.\n",
      usd_of(answer, "recomputed_nanousd"));
}

}  // namespace

void add_explain(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "explain", "Why a call cost what it did, term by term",
      "An answer's x-request-id names its call.\n\nExample:\n  tollgate explain call_3-0-128\n");
  const auto id = std::make_shared<std::string>();
  command.add_option("call", *id, "the call's id")->required();
  command.callback([&invocation, id] {
    invocation.chosen = [&invocation, id] {
      return run_command(invocation, "explain_call", {{"id", *id}}, show_explanation);
    };
  });
}

}  // namespace tg::cli
