// SPDX-License-Identifier: Apache-2.0
#include "cli/folder_access.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>

#include "admin/arguments.h"
#include "admin/control_socket.h"
#include "admin/operations.h"
#include "base/log.h"
#include "cli/remote.h"
#include "cli/version.h"
#include "ledger/transfer.h"
#include "notify/mail_settings.h"
#include "store/database.h"
#include "store/instance_check.h"

namespace tg::cli {
namespace {

using admin::ApiResult;
using admin::Json;

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kBetweenTries{50};

ApiResult<Json> run_here(const config::Settings& settings, const store::DataFolder& folder,
                         std::string_view operation, const Json& arguments) {
  // A command's own steps are not news; a server's are.
  set_log_level(LogLevel::kWarning);
  const auto opened = open_database(settings, folder);
  if (!opened) return std::unexpected(database_error(settings, opened.error()));
  const auto& database = *opened;
  // A server that was killed left calls in its journals: what they cost is part of every answer,
  // but for the one that compares what was left as it was left.
  const bool as_it_was = operation == "verify_ledger" || operation == "verify";
  if (!as_it_was) {
    const auto recovered = ledger::recover_journals(*database, folder.journal_folder());
    if (!recovered) return std::unexpected(folder_error(folder.path(), recovered.error()));
  }
  const auto mail = notify::mail_settings_of(settings);
  if (!mail) return admin::refuse(Code::kConfiguration, mail.error());
  // What it queues, the server sends when it runs.
  admin::Operations operations{*database,
                               folder,
                               nullptr,
                               {.console_url = console_url(settings, settings.listen_port),
                                .mail = *mail,
                                .version = std::string{kVersion},
                                .proxy = settings.upstream_proxy}};
  return operations.run(operation, arguments, admin::command_line_caller());
}

ApiResult<Json> run_elsewhere(const std::string& url, std::string_view operation,
                              const Json& arguments) {
  TG_TRY(const auto server, remote_server(url));
  return call_remote(server, operation, arguments);
}

}  // namespace

ApiResult<Json> run_on_folder(const config::Settings& settings, std::string_view operation,
                              const Json& arguments, store::DataFolder::Mode mode) {
  if (!settings.url.empty()) return run_elsewhere(settings.url, operation, arguments);
  const auto give_up_at = std::chrono::steady_clock::now() + kPatience;
  const auto socket = settings.data / "control.sock";
  for (;;) {
    const auto folder = open_folder(settings, mode);
    if (folder) return run_here(settings, *folder, operation, arguments);
    if (folder.error().code != Code::kConflict) {
      return std::unexpected(folder_error(settings.data, folder.error()));
    }
    auto answer = admin::call_control_socket(socket, operation, arguments);
    const bool nobody = !answer && answer.error().code == Code::kUpstreamUnreachable;
    if (!nobody || std::chrono::steady_clock::now() >= give_up_at) return answer;
    std::this_thread::sleep_for(kBetweenTries);
  }
}

ExitCode run_command(const Invocation& invocation, std::string_view operation,
                     const Json& arguments, const std::function<void(const Json&)>& show) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  return report(invocation, run_on_folder(loaded->settings, operation, arguments), show);
}

void run_when_chosen(CLI::App& command, Invocation& invocation, std::string_view operation,
                     const std::function<Json()>& arguments,
                     const std::function<void(const Json&)>& show) {
  command.callback([&invocation, operation, arguments, show] {
    invocation.chosen = [&invocation, operation, arguments, show] {
      return run_command(invocation, operation, arguments(), show);
    };
  });
}

std::string console_url(const config::Settings& settings, std::uint16_t port) {
  if (!settings.public_url.empty()) return settings.public_url;
  auto host = settings.listen_host;
  if (host == "0.0.0.0" || host == "::") host = "127.0.0.1";
  if (host.contains(':')) host = fmt::format("[{}]", host);
  const auto* scheme = settings.tls_certificate_file.empty() ? "http" : "https";
  return fmt::format("{}://{}:{}", scheme, host, port);
}

admin::ApiError folder_error(const std::filesystem::path& path, const Error& error) {
  if (error.code == Code::kNotFound) {
    return {.code = error.code,
            .message = fmt::format("There is no Tollgate in {}. 'tollgate serve' or 'tollgate "
                                   "init' makes one; --data names another folder.",
                                   path.string()),
            .param = {}};
  }
  auto told = admin::to_api_error(error);
  told.message = fmt::format("The data folder {} cannot be used: {}.", path.string(), told.message);
  return told;
}

Result<store::DataFolder> open_folder(const config::Settings& settings,
                                      store::DataFolder::Mode mode) {
  return store::DataFolder::open(settings.data, mode,
                                 store::is_postgresql_address(settings.database.reveal())
                                     ? store::DataFolder::DatabaseIs::kElsewhere
                                     : store::DataFolder::DatabaseIs::kInFolder);
}

Result<std::unique_ptr<store::Database>> open_database(const config::Settings& settings,
                                                       const store::DataFolder& folder) {
  TG_TRY(auto database, store::Database::open({.data_folder = folder.path(),
                                               .address = &settings.database,
                                               .key_fingerprint = folder.key_fingerprint()}));
  TG_TRY_DONE(store::check_instance(*database, folder));
  return database;
}

admin::ApiError database_error(const config::Settings& settings, const Error& error) {
  if (!store::is_postgresql_address(settings.database.reveal())) {
    return folder_error(settings.data, error);
  }
  auto told = admin::to_api_error(error);
  told.message = fmt::format("The database cannot be used: {}.", told.message);
  return told;
}

}  // namespace tg::cli
