// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "base/files.h"
#include "base/money.h"
#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/price_options.h"

namespace tg::cli {
namespace {

using admin::Json;

constexpr std::size_t kFileBytesMax = 4 << 20;

struct Chosen {
  std::string model;
  std::string provider;
  PriceOptions prices;
  std::int64_t input_tokens_max = 0;
  std::int64_t output_tokens_max = 0;
  std::string reason;
  std::string from;
  std::string file;
  bool only = false;
  bool confirm = false;
  bool decided = false;
  bool unpriced = false;
  bool dry_run = false;
};
using ChosenPointer = std::shared_ptr<Chosen>;

void show_row(const Json& row) {
  const auto source = row["source"].get<std::string>();
  const auto* what = row["free"].get<bool>() ? "free"
                     : source == "none"      ? "no price: calls to it are refused"
                     : source == "shipped"   ? "as shipped"
                     : source == "ceiling"   ? "nobody says; charged at the ceiling"
                                             : "as decided here";
  fmt::print("{}  at {}: {}\n", row["model"].get<std::string>(), row["provider"].get<std::string>(),
             what);
  show_prices(row);
  for (const auto& later : row["coming"]) {
    fmt::print("  from {}: {}\n", instant_of(later, "valid_from"),
               later["kind"].get<std::string>());
    show_prices(later);
  }
}

const char* none_of(const Chosen& wanted) {
  if (!wanted.model.empty()) return "No such model is served.";
  if (wanted.unpriced) return "Every model that is served has a price.";
  if (wanted.decided) return "Nothing was decided here about a model that is served.";
  return "No model is served yet: 'tollgate providers add --help'.";
}

void show_list(const Json& answer, const Chosen& wanted) {
  if (answer["data"].empty()) return fmt::print("{}\n", none_of(wanted));
  for (const auto& row : answer["data"]) show_row(row);
  if (answer["has_more"].get<bool>()) fmt::print("… and more: name a part of the model.\n");
}

void show_decision(const Json& row) {
  const auto provider = row["provider"].is_null() ? std::string{"every provider"}
                                                  : row["provider"].get<std::string>();
  const bool later = row["valid_from"] > row["decided_at"];
  fmt::print("{}  at {}: {}{}\n", row["model"].get<std::string>(), provider,
             row["kind"].get<std::string>(),
             later ? ", from " + instant_of(row, "valid_from") + " on" : std::string{});
  show_prices(row);
  if (row.contains("warning")) fmt::print("{}\n", row["warning"].get<std::string>());
}

void show_history(const Json& answer) {
  if (answer["data"].empty()) {
    return fmt::print("Nobody has decided anything about it: it costs what Tollgate ships.\n");
  }
  for (const auto& row : answer["data"]) {
    fmt::print("{}  by {}{}\n", instant_of(row, "decided_at"), row["decided_by"].get<std::string>(),
               row["reason"].is_null() ? "" : ": " + row["reason"].get<std::string>());
    show_decision(row);
  }
}

void show_import(const Json& answer) {
  for (const auto& row : answer["data"]) show_decision(row);
  fmt::print("{} models {}.\n", answer["data"].size(),
             answer["imported"].get<bool>() ? "have these prices now"
                                            : "would have these prices; nothing has changed");
}

ExitCode set_price(const Invocation& invocation, const Chosen& chosen) {
  auto prices = prices_of(chosen.prices);
  if (!prices) return report_usage(invocation, kPriceForm);
  Json arguments{{"model", chosen.model}, {"prices", *std::move(prices)}};
  if (!chosen.provider.empty()) arguments["provider"] = chosen.provider;
  if (chosen.input_tokens_max > 0) arguments["input_tokens_max"] = chosen.input_tokens_max;
  if (chosen.output_tokens_max > 0) arguments["output_tokens_max"] = chosen.output_tokens_max;
  if (!chosen.reason.empty()) arguments["reason"] = chosen.reason;
  if (!chosen.from.empty()) arguments["from"] = chosen.from;
  if (chosen.only) arguments["only"] = true;
  if (chosen.confirm) arguments["confirm"] = true;
  return run_command(invocation, "set_price", arguments, show_decision);
}

ExitCode set_kind(const Invocation& invocation, const Chosen& chosen, const char* kind) {
  Json arguments{{"model", chosen.model}, {"kind", kind}};
  if (!chosen.provider.empty()) arguments["provider"] = chosen.provider;
  if (!chosen.reason.empty()) arguments["reason"] = chosen.reason;
  if (!chosen.from.empty()) arguments["from"] = chosen.from;
  if (chosen.confirm) arguments["confirm"] = true;
  return run_command(invocation, "set_price", arguments, show_decision);
}

ExitCode import_file(const Invocation& invocation, const Chosen& chosen) {
  const auto text = read_file(chosen.file, kFileBytesMax);
  if (!text) {
    return report_usage(invocation,
                        fmt::format("'{}' cannot be read, or is larger than 4 MiB.", chosen.file));
  }
  auto document = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) {
    return report_usage(invocation, fmt::format("'{}' is no JSON object; docs/prices.md has the "
                                                "form.",
                                                chosen.file));
  }
  if (chosen.dry_run) document["dry_run"] = true;
  if (chosen.confirm) document["confirm"] = true;
  return run_command(invocation, "import_prices", document, show_import);
}

void add_usual_options(CLI::App& command, const ChosenPointer& chosen) {
  command.add_option("model", chosen->model, "as the provider calls it")->required();
  command.add_option("--provider", chosen->provider, "at this one alone; else at every one");
  command.add_option("--reason", chosen->reason, "why, for the history");
  command.add_option("--from", chosen->from, "a day or an instant to come (UTC); else now");
  command.add_flag("--confirm,--yes", chosen->confirm,
                   "also a price far beyond any known, or in the place of one to come");
}

void add_set(CLI::App& prices, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& set = add_command(
      prices, invocation, "set", "Say what a model costs, in US dollars",
      "Token prices are per million. What is not named stays as it is; --only drops it.\n\n"
      "Example:\n  tollgate prices set llama-4-local --input 0.20 --output 0.60\n"
      "  tollgate prices set my-image-model --price output_image,size=1024x1024=0.04\n"
      "  tollgate prices set gpt-4.1 --price input_text_token,tier=batch=1.00\n"
      "  tollgate prices set gpt-4.1 --output 9 --from 2026-12-01\n");
  add_usual_options(set, chosen);
  add_price_options(set, chosen->prices);
  set.add_option("--input-tokens-max", chosen->input_tokens_max, "that the model takes");
  set.add_option("--output-tokens-max", chosen->output_tokens_max, "that the model writes");
  set.add_flag("--only", chosen->only, "nothing but what is named here");
  set.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] { return set_price(invocation, *chosen); };
  });
}

void add_kind(CLI::App& prices, Invocation& invocation, const char* name, const char* kind,
              const char* what, const char* example) {
  const auto chosen = std::make_shared<Chosen>();
  auto& command = add_command(prices, invocation, name, what, example);
  add_usual_options(command, chosen);
  command.callback([&invocation, chosen, kind] {
    invocation.chosen = [&invocation, chosen, kind] { return set_kind(invocation, *chosen, kind); };
  });
}

void add_list(CLI::App& prices, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& list = add_command(prices, invocation, "list", "What the served models cost",
                           "Example:\n  tollgate prices list gpt-4.1\n"
                           "  tollgate prices list --unpriced\n");
  list.add_option("model", chosen->model, "a part of the model's name");
  list.add_flag("--decided", chosen->decided, "only what was decided here");
  list.add_flag("--unpriced", chosen->unpriced, "only what has no price, and is refused");
  list.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      Json arguments{{"decided", chosen->decided}, {"unpriced", chosen->unpriced}};
      if (!chosen->model.empty()) arguments["model"] = chosen->model;
      return run_command(invocation, "list_prices", arguments,
                         [chosen](const Json& answer) { show_list(answer, *chosen); });
    };
  });
}

}  // namespace

void add_prices(CLI::App& root, Invocation& invocation) {
  auto& prices = *root.add_subcommand("prices", "See and decide what models cost");
  prices.require_subcommand(1);
  add_price_ceiling(prices, invocation);
  add_price_books(prices, invocation);
  add_list(prices, invocation);
  add_set(prices, invocation);
  add_kind(prices, invocation, "free", "free", "Make a model free, by decision",
           "Example:\n  tollgate prices free llama-4-local --reason 'our own machine'\n");
  add_kind(prices, invocation, "reset", "shipped", "Back to what Tollgate ships",
           "Example:\n  tollgate prices reset gpt-4.1\n");

  const auto chosen = std::make_shared<Chosen>();
  auto& history = add_command(prices, invocation, "history", "What was decided about a model, when",
                              "Example:\n  tollgate prices history gpt-4.1\n");
  history.add_option("model", chosen->model, "as the provider calls it")->required();
  history.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      return run_command(invocation, "price_history", Json{{"model", chosen->model}}, show_history);
    };
  });

  auto& import = add_command(prices, invocation, "import", "Decide the prices of many models",
                             "All of them or none; docs/prices.md has the form.\n\n"
                             "Example:\n  tollgate prices import prices.json --dry-run\n");
  import.add_option("file", chosen->file, "JSON")->required();
  import.add_flag("--dry-run", chosen->dry_run, "only say what would hold");
  import.add_flag("--confirm,--yes", chosen->confirm,
                  "also prices far beyond any known, or in the place of ones to come");
  import.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] { return import_file(invocation, *chosen); };
  });
}

}  // namespace tg::cli
