// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "admin/api_error.h"
#include "cli/invocation.h"
#include "config/settings.h"
#include "store/data_folder.h"
#include "store/database.h"

// Runs an operation on a data folder, whoever has it: in this process where no server runs, else
// through the server's control socket; or, where the setting `url` names one, on a server elsewhere
// (remote.h).
//
// Threading:  the main thread.
// Limits:     waits up to 10 s for a server that is just starting or another command that is about
//             to end.
// Errors:     what the operation refuses, and a folder that is not there or cannot be opened.
namespace tg::cli {

[[nodiscard]] admin::ApiResult<admin::Json> run_on_folder(
    const config::Settings& settings, std::string_view operation, const admin::Json& arguments,
    store::DataFolder::Mode mode = store::DataFolder::Mode::kExisting);

// Settings, operation, output: what most commands are.
ExitCode run_command(const Invocation& invocation, std::string_view operation,
                     const admin::Json& arguments,
                     const std::function<void(const admin::Json&)>& show);

// The same when `command` is chosen, with what its options say by then. `operation` is a literal.
void run_when_chosen(CLI::App& command, Invocation& invocation, std::string_view operation,
                     const std::function<admin::Json()>& arguments,
                     const std::function<void(const admin::Json&)>& show);

// "http://127.0.0.1:8080": where people reach a server with these settings.
[[nodiscard]] std::string console_url(const config::Settings& settings, std::uint16_t port);

// The data folder and the database that the settings name, once it is clear that they belong
// together.
[[nodiscard]] Result<store::DataFolder> open_folder(const config::Settings& settings,
                                                    store::DataFolder::Mode mode);
[[nodiscard]] Result<std::unique_ptr<store::Database>> open_database(
    const config::Settings& settings, const store::DataFolder& folder);
[[nodiscard]] admin::ApiError database_error(const config::Settings& settings, const Error& error);

// What opening a folder says when it fails, for people.
[[nodiscard]] admin::ApiError folder_error(const std::filesystem::path& path, const Error& error);

}  // namespace tg::cli
