// SPDX-License-Identifier: Apache-2.0
#include "cli/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"

namespace tg::cli {
namespace {

std::string dump(const admin::Json& json) {
  return json.dump(-1, ' ', false, admin::Json::error_handler_t::replace);
}

void print_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t column = 0; column < row.size(); ++column) {
    line += fmt::format("{:<{}}  ", row[column], widths[column]);
  }
  while (line.ends_with(' ')) line.pop_back();
  fmt::print("{}\n", line);
}

// A data folder that was named more closely than a URL is meant: --data where the environment has
// TOLLGATE_URL.
void choose_place(config::LoadedSettings& loaded) {
  const auto origin = [&](std::string_view name) {
    return std::ranges::find(loaded.values, name, &config::SettingValue::name)->origin;
  };
  if (origin("data") > origin("url")) loaded.settings.url.clear();
}

}  // namespace

void add_common_flags(CLI::App& command, Invocation& invocation) {
  add_setting_flag(command, invocation, "data");
  add_setting_flag(command, invocation, "url");
  command.add_option("--config", invocation.settings_file,
                     "the settings file (default: TOLLGATE_CONFIG, else ./tollgate.toml)");
  command.add_flag("--json", invocation.json, "print the result as one line of JSON");
}

void add_setting_flag(CLI::App& command, Invocation& invocation, std::string_view setting) {
  const auto rows = config::setting_rows();
  const auto row = std::ranges::find(rows, setting, &config::SettingRow::name);
  TG_CHECK(row != rows.end());
  command.add_option_function<std::string>(
      config::flag_name(*row),
      [&invocation, name = std::string{row->name}](const std::string& text) {
        invocation.flags[name] = text;
      },
      fmt::format("{}{}", row->meaning,
                  row->initial.empty() ? "" : fmt::format(" (default {})", row->initial)));
}

void add_all_setting_flags(CLI::App& command, Invocation& invocation) {
  for (const auto& row : config::setting_rows()) {
    if (row.name != "data" && row.name != "url") add_setting_flag(command, invocation, row.name);
  }
}

CLI::App& add_command(CLI::App& parent, Invocation& invocation, const std::string& name,
                      const std::string& meaning, const std::string& examples) {
  auto& command = *parent.add_subcommand(name, meaning);
  command.footer(examples);
  add_common_flags(command, invocation);
  return command;
}

std::expected<config::LoadedSettings, std::string> settings_of(const Invocation& invocation) {
  config::SettingSources sources{.environment = config::process_environment,
                                 .flags = invocation.flags};
  if (!invocation.settings_file.empty()) {
    sources.file = invocation.settings_file;
  } else if (auto path = config::process_environment("TOLLGATE_CONFIG")) {
    sources.file = *std::move(path);
  }
  auto loaded = config::load_settings(sources);
  if (loaded) choose_place(*loaded);
  return loaded;
}

ExitCode report(const Invocation& invocation, const admin::ApiResult<admin::Json>& result,
                const std::function<void(const admin::Json&)>& show) {
  if (!result) return report_error(invocation, result.error());
  if (invocation.json) {
    fmt::print("{}\n", dump(*result));
  } else {
    show(*result);
  }
  return ExitCode::kDone;
}

ExitCode report_error(const Invocation& invocation, const admin::ApiError& error) {
  if (invocation.json) {
    fmt::print(
        stderr, "{}\n",
        dump({{"error",
               {{"message", error.message}, {"code", name(error.code)}, {"param", error.param}}}}));
  } else {
    fmt::print(stderr, "tollgate: {}\n", error.message);
  }
  return ExitCode::kFailed;
}

ExitCode report_usage(const Invocation& invocation, const std::string& message) {
  report_error(invocation, {.code = Code::kConfiguration, .message = message, .param = {}});
  return ExitCode::kUsage;
}

void print_table(const std::vector<std::string>& head,
                 const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& title : head) widths.push_back(title.size());
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  print_row(head, widths);
  for (const auto& row : rows) print_row(row, widths);
}

std::string text_of(const admin::Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string usd_of(const admin::Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_integer()) return "-";
  return format_usd(NanoUsd{found->get<std::int64_t>()});
}

std::string time_of(const admin::Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_integer()) return "-";
  // "2026-11-24 07:18": to the minute is enough for a table.
  auto text = format_utc(from_unix_ms(found->get<std::int64_t>() * 1000)).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string in_csv(const std::string& cell) {
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string quoted{'"'};
  for (const char letter : cell) quoted.append(letter == '"' ? 2 : 1, letter);
  return quoted + '"';
}

}  // namespace tg::cli
