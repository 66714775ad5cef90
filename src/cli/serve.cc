// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <pthread.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <initializer_list>
#include <memory>
#include <optional>

#include "admin/console_api.h"
#include "admin/control_socket.h"
#include "admin/operations.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/data_plane.h"
#include "cli/environment_provider.h"
#include "cli/folder_access.h"
#include "cli/reload.h"
#include "cli/version.h"
#include "identity/people.h"
#include "notify/alert_watch.h"
#include "notify/postman.h"

namespace tg::cli {
namespace {

// How long one set of keys seals session tickets.
constexpr std::chrono::hours kTicketKeyAge{12};

sigset_t signal_set(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  return signals;
}

// Before the first thread, which all inherit it: the main thread alone waits for them.
void hold_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  const auto signals = signal_set({SIGTERM, SIGINT, SIGHUP});
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_end(Reload& reload) {
  const auto signals = signal_set({SIGTERM, SIGINT, SIGHUP});
  const timespec age{.tv_sec = std::chrono::seconds{kTicketKeyAge}.count(), .tv_nsec = 0};
  for (;;) {
    const int received = sigtimedwait(&signals, nullptr, &age);
    if (received == SIGTERM || received == SIGINT) break;
    if (received == SIGHUP) reload.read_again();
    if (received < 0 && errno == EAGAIN) reload.renew_ticket_keys();
  }
  // A second one ends us at once; the journals make that safe. SIGHUP never does.
  const auto ending = signal_set({SIGTERM, SIGINT});
  pthread_sigmask(SIG_UNBLOCK, &ending, nullptr);
}

struct Greeting {
  std::string address;    // as people reach it
  std::string listen;     // as it is bound; another one behind a proxy
  std::string setup_url;  // empty: there is an owner
  std::string provider;   // what became of the environment's provider
};

void greet(const Greeting& greeting) {
  fmt::print("Tollgate {} is running.\n\n  Console: {}/\n", kVersion, greeting.address);
  if (!greeting.setup_url.empty()) {
    fmt::print("  Create the owner (good once, for 24 hours):\n  {}\n", greeting.setup_url);
  }
  if (!greeting.provider.empty()) fmt::print("\n  {}\n", greeting.provider);
  fmt::print(
      "\nCreate a key in the console, then make the first call:\n"
      "  export OPENAI_BASE_URL={}/v1 OPENAI_API_BASE={}/v1\n"
      "  export OPENAI_API_KEY=sk-tg-…\n"
      "  curl $OPENAI_BASE_URL/chat/completions -H \"Authorization: Bearer $OPENAI_API_KEY\" "
      "-H 'Content-Type: application/json' "
      "-d '{{\"model\":\"gpt-4\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}'\n",
      greeting.address, greeting.address);
}

void print_greeting(const Invocation& invocation, const Greeting& greeting) {
  if (invocation.json) {
    admin::Json line{
        {"address", greeting.address}, {"listen", greeting.listen}, {"version", kVersion}};
    if (!greeting.setup_url.empty()) line["setup_url"] = greeting.setup_url;
    fmt::print("{}\n", line.dump());
    if (!greeting.provider.empty()) fmt::print(stderr, "{}\n", greeting.provider);
  } else {
    greet(greeting);
  }
  std::fflush(stdout);
}

std::string setup_url(admin::Operations& operations) {
  const auto owned = identity::has_owner(operations.database());
  if (!owned || *owned) return {};
  const auto link =
      operations.run("create_setup_link", admin::Json::object(), admin::command_line_caller());
  return link ? link->value("url", "") : "";
}

admin::ApiError listen_error(const config::Settings& settings, const Error& error) {
  auto message = fmt::format("Cannot listen on {}:{}: {}", settings.listen_host,
                             settings.listen_port, error.detail);
  if (error.system_errno != 0) {
    message += fmt::format(" ({})", std::generic_category().message(error.system_errno));
  }
  return {.code = error.code, .message = message + ". Choose another with --listen.", .param = {}};
}

struct Opened {
  const store::DataFolder& folder;
  store::Database& database;
  std::shared_ptr<const net::ServerTls> tls;  // null: plain HTTP
};

// From here on everything is open; ends when a signal comes.
ExitCode run_server(const Invocation& invocation, const config::LoadedSettings& loaded,
                    const Opened& opened) {
  const auto& settings = loaded.settings;
  const auto& [folder, database, tls] = opened;
  const auto catalogue = providers::Catalogue::load_embedded();
  if (!catalogue) return report_error(invocation, folder_error(folder.path(), catalogue.error()));
  const auto plane = DataPlane::open({.settings = settings,
                                      .database = database,
                                      .folder = folder,
                                      .catalogue = *catalogue,
                                      .tls = tls});
  if (!plane) return report_error(invocation, folder_error(folder.path(), plane.error()));
  const auto mail = notify::mail_settings_of(settings);
  if (!mail) return report_usage(invocation, mail.error());
  auto metrics_token = config::read_secret("TOLLGATE_METRICS_TOKEN");
  if (!metrics_token) return report_usage(invocation, metrics_token.error());
  std::optional<notify::Postman> postman;
  if (*mail) postman.emplace(database, folder.master_key(), *mail);
  const auto wake_postman = [&postman] {
    if (postman) postman->wake();
  };
  admin::Operations operations{database,
                               folder,
                               plane->get(),
                               {.catalogue = *catalogue,
                                .mail = *mail,
                                .on_mail_queued = wake_postman,
                                .version = std::string{kVersion},
                                .proxy = settings.upstream_proxy}};
  admin::ControlPlane control_plane{operations, {.public_url = settings.public_url}};

  Greeting greeting;
  greeting.provider = add_environment_provider(operations, settings);
  const auto port = (*plane)->listen(
      [&control_plane](const http::Request& request) { return control_plane.handle(request); },
      *std::move(metrics_token));
  if (!port) return report_error(invocation, listen_error(settings, port.error()));
  greeting.address = console_url(settings, *port);
  greeting.listen = fmt::format("{}:{}", settings.listen_host, *port);
  operations.set_console_url(greeting.address);

  auto socket = admin::ControlSocket::open(
      folder.control_socket_path(),
      [&operations](std::string_view operation, const admin::Json& arguments) {
        return operations.run(operation, arguments, admin::command_line_caller());
      });
  if (!socket) return report_error(invocation, folder_error(folder.path(), socket.error()));
  greeting.setup_url = setup_url(operations);
  std::optional<notify::AlertWatch> alerts;
  if (*mail) {
    alerts.emplace(notify::AlertDesk{.database = database,
                                     .master_key = folder.master_key(),
                                     .console_url = greeting.address},
                   wake_postman);
    (*plane)->set_listener([&alerts](auto events) { alerts->on_settled(events); });
    (*plane)->set_on_credit_ended([&alerts](const auto& owners) {
      std::vector<std::string> ids;
      for (const auto& owner : owners) {
        ids.push_back(owner.project_id.empty() ? owner.organization_id : owner.project_id);
      }
      alerts->look_at(ids);
    });
  }
  (*plane)->start();
  print_greeting(invocation, greeting);

  Reload reload{invocation, loaded, **plane, tls};
  wait_for_end(reload);
  log(LogLevel::kInfo, "stopping: running calls may finish");
  socket->reset();
  (*plane)->stop();
  log(LogLevel::kInfo, "stopped");
  return ExitCode::kDone;
}

ExitCode serve(const Invocation& invocation) {
  const auto loaded = settings_of(invocation);
  if (!loaded) return report_usage(invocation, loaded.error());
  const auto& settings = loaded->settings;
  set_log_level(settings.log_level);
  hold_signals();
  const auto tls = load_tls(settings);
  if (!tls) return report_usage(invocation, tls.error());

  const auto folder = open_folder(settings, store::DataFolder::Mode::kCreate);
  if (!folder && folder.error().code == Code::kConflict) {
    return report_error(
        invocation,
        {.code = Code::kConflict,
         .message = fmt::format("The data folder {} is already open in another Tollgate. Stop "
                                "that one, or name another folder with --data.",
                                settings.data.string()),
         .param = {}});
  }
  if (!folder) return report_error(invocation, folder_error(settings.data, folder.error()));
  const auto database = open_database(settings, *folder);
  if (!database) return report_error(invocation, database_error(settings, database.error()));
  return run_server(invocation, *loaded, {.folder = *folder, .database = **database, .tls = *tls});
}

}  // namespace

void add_serve(CLI::App& root, Invocation& invocation) {
  auto& command = add_command(
      root, invocation, "serve", "Run the server",
      "Examples:\n  tollgate serve\n"
      "  OPENAI_API_KEY=sk-… tollgate serve --data /var/lib/tollgate --listen 0.0.0.0:8080\n"
      "  tollgate serve --listen 127.0.0.1:0 --json\n"
      "With OPENAI_API_KEY (and OPENAI_BASE_URL) set, the first start adds that provider.\n");
  add_all_setting_flags(command, invocation);
  command.callback(
      [&invocation] { invocation.chosen = [&invocation] { return serve(invocation); }; });
}

}  // namespace tg::cli
