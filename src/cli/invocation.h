// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "admin/api_error.h"
#include "config/settings.h"

// What every command has in common: where its settings come from, and how it speaks.
//
// Threading:  the main thread.
// Output:     results on standard output, readable or (--json) as one JSON line; everything else on
//             standard error.
namespace tg::cli {

// docs/cli.md promises these.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,  // it was understood, and could not be done
  kUsage = 2,   // the command line or a setting is wrong
};

struct Invocation {
  std::map<std::string, std::string, std::less<>> flags{};  // settings given as flags
  std::string settings_file{};                              // --config
  bool json = false;
  std::function<ExitCode()> chosen{};  // set by the command that the command line names
};

// --data, --url, --config and --json, which each command takes.
void add_common_flags(CLI::App& command, Invocation& invocation);
void add_setting_flag(CLI::App& command, Invocation& invocation, std::string_view setting);
void add_all_setting_flags(CLI::App& command, Invocation& invocation);

// A command of the given name below `parent`, with the common flags and its examples.
CLI::App& add_command(CLI::App& parent, Invocation& invocation, const std::string& name,
                      const std::string& meaning, const std::string& examples);

[[nodiscard]] std::expected<config::LoadedSettings, std::string> settings_of(
    const Invocation& invocation);

// The result, if there is one, as JSON or as `show` writes it; else what went wrong.
ExitCode report(const Invocation& invocation, const admin::ApiResult<admin::Json>& result,
                const std::function<void(const admin::Json&)>& show);
ExitCode report_error(const Invocation& invocation, const admin::ApiError& error);
ExitCode report_usage(const Invocation& invocation, const std::string& message);

// Columns as wide as what stands in them.
void print_table(const std::vector<std::string>& head,
                 const std::vector<std::vector<std::string>>& rows);

// A cell of a CSV file, quoted where it has to be.
[[nodiscard]] std::string in_csv(const std::string& cell);

// A field of a result as people read it; "-" for null.
[[nodiscard]] std::string text_of(const admin::Json& object, const char* field);
[[nodiscard]] std::string usd_of(const admin::Json& object, const char* field);
[[nodiscard]] std::string time_of(const admin::Json& object, const char* field);

}  // namespace tg::cli
