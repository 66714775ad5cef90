// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "base/clock.h"
#include "base/files.h"
#include "base/money.h"
#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

constexpr std::size_t kFileBytesMax = 4 << 20;

struct Chosen {
  std::string model;
  std::string provider;
  std::string input, cached_input, cache_write, output;
  std::vector<std::string> more;  // "output_image,size=1024x1024=0.04"
  std::int64_t input_tokens_max = 0;
  std::int64_t output_tokens_max = 0;
  std::string reason;
  std::string file;
  bool only = false;
  bool confirm = false;
  bool decided = false;
  bool unpriced = false;
  bool dry_run = false;
};
using ChosenPointer = std::shared_ptr<Chosen>;

bool counts_by_the_million(std::string_view unit) {
  return unit.ends_with("_token") || unit.ends_with("_character") || unit.ends_with("_pixel");
}

std::string text_of(const Json& price) {
  const auto unit = price["unit"].get<std::string>();
  const auto nano = price["nanousd_per_million"].get<std::int64_t>();
  auto text = unit;
  for (const auto* qualifier : {"tier", "size", "quality"}) {
    if (price.contains(qualifier)) text += " " + price[qualifier].get<std::string>();
  }
  if (price.contains("above_input_tokens")) {
    text += fmt::format(" above {} input tokens", price["above_input_tokens"].get<std::int64_t>());
  }
  return counts_by_the_million(unit) || nano % 1'000'000 != 0
             ? fmt::format("{:<44} {} a million", text, format_usd(NanoUsd{nano}))
             : fmt::format("{:<44} {} each", text, format_usd(NanoUsd{nano / 1'000'000}));
}

void show_prices(const Json& row) {
  for (const auto& price : row["prices"]) fmt::print("    {}\n", text_of(price));
}

void show_row(const Json& row) {
  const auto source = row["source"].get<std::string>();
  const auto* what = row["free"].get<bool>() ? "free"
                     : source == "none"      ? "no price: calls to it are refused"
                     : source == "shipped"   ? "as shipped"
                                             : "as decided here";
  fmt::print("{}  at {}: {}\n", row["model"].get<std::string>(), row["provider"].get<std::string>(),
             what);
  show_prices(row);
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
  fmt::print("{}  at {}: {}\n", row["model"].get<std::string>(), provider,
             row["kind"].get<std::string>());
  show_prices(row);
  if (row.contains("warning")) fmt::print("{}\n", row["warning"].get<std::string>());
}

void show_history(const Json& answer) {
  if (answer["data"].empty()) {
    return fmt::print("Nobody has decided anything about it: it costs what Tollgate ships.\n");
  }
  for (const auto& row : answer["data"]) {
    const auto at = from_unix_ms(row["decided_at"].get<std::int64_t>() * 1000);
    fmt::print("{}  by {}{}\n", format_utc(at), row["decided_by"].get<std::string>(),
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

// "output_image,size=1024x1024,quality=hd=0.08": a unit, what it holds for, and dollars.
std::optional<Json> parse_price(std::string_view text) {
  const auto amount_at = text.rfind('=');
  if (amount_at == std::string_view::npos) return std::nullopt;
  const std::string amount{text.substr(amount_at + 1)};
  auto rest = text.substr(0, amount_at);
  const auto comma = rest.find(',');
  const std::string unit{rest.substr(0, comma)};
  Json price{{"unit", unit}};
  while (rest.find(',') != std::string_view::npos) {
    rest.remove_prefix(rest.find(',') + 1);
    const auto part = rest.substr(0, rest.find(','));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name{part.substr(0, equals)};
    const std::string value{part.substr(equals + 1)};
    if (name == "above") {
      const auto digits = value.find_first_not_of("0123456789");
      if (value.empty() || value.size() > 9 || digits != std::string::npos) return std::nullopt;
      price["above_input_tokens"] = std::stoll(value);
    } else {
      price[name] = value;
    }
  }
  price[counts_by_the_million(unit) ? "usd_per_million" : "usd_per_unit"] = amount;
  return price;
}

ExitCode set_price(const Invocation& invocation, const Chosen& chosen) {
  auto prices = Json::array();
  const std::initializer_list<std::pair<const char*, const std::string*>> usual{
      {"input_text_token", &chosen.input},
      {"cached_input_text_token", &chosen.cached_input},
      {"cache_write_text_token", &chosen.cache_write},
      {"output_text_token", &chosen.output}};
  for (const auto& [unit, amount] : usual) {
    if (!amount->empty()) prices.push_back({{"unit", unit}, {"usd_per_million", *amount}});
  }
  for (const auto& text : chosen.more) {
    const auto price = parse_price(text);
    if (!price) {
      return report_usage(invocation, "Write a price as UNIT=USD or UNIT,size=1024x1024=USD.");
    }
    prices.push_back(*price);
  }
  Json arguments{{"model", chosen.model}, {"prices", std::move(prices)}};
  if (!chosen.provider.empty()) arguments["provider"] = chosen.provider;
  if (chosen.input_tokens_max > 0) arguments["input_tokens_max"] = chosen.input_tokens_max;
  if (chosen.output_tokens_max > 0) arguments["output_tokens_max"] = chosen.output_tokens_max;
  if (!chosen.reason.empty()) arguments["reason"] = chosen.reason;
  if (chosen.only) arguments["only"] = true;
  if (chosen.confirm) arguments["confirm"] = true;
  return run_command(invocation, "set_price", arguments, show_decision);
}

ExitCode set_kind(const Invocation& invocation, const Chosen& chosen, const char* kind) {
  Json arguments{{"model", chosen.model}, {"kind", kind}};
  if (!chosen.provider.empty()) arguments["provider"] = chosen.provider;
  if (!chosen.reason.empty()) arguments["reason"] = chosen.reason;
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
}

void add_set(CLI::App& prices, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& set = add_command(
      prices, invocation, "set", "Say what a model costs, in US dollars",
      "Token prices are per million. What is not named stays as it is; --only drops it.\n\n"
      "Example:\n  tollgate prices set llama-4-local --input 0.20 --output 0.60\n"
      "  tollgate prices set my-image-model --price output_image,size=1024x1024=0.04\n"
      "  tollgate prices set gpt-4.1 --price input_text_token,tier=batch=1.00\n");
  add_usual_options(set, chosen);
  set.add_option("--input", chosen->input, "a million input tokens");
  set.add_option("--cached-input", chosen->cached_input, "a million input tokens from a cache");
  set.add_option("--cache-write", chosen->cache_write, "a million tokens written to a cache");
  set.add_option("--output", chosen->output, "a million output tokens");
  set.add_option("--price", chosen->more,
                 "of any unit: UNIT[,tier=…][,size=…][,quality=…][,above=N]=USD");
  set.add_option("--input-tokens-max", chosen->input_tokens_max, "that the model takes");
  set.add_option("--output-tokens-max", chosen->output_tokens_max, "that the model writes");
  set.add_flag("--only", chosen->only, "nothing but what is named here");
  set.add_flag("--confirm", chosen->confirm, "also a price far beyond any known");
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
  import.add_flag("--confirm", chosen->confirm, "also prices far beyond any known");
  import.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] { return import_file(invocation, *chosen); };
  });
}

}  // namespace tg::cli
