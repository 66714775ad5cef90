// SPDX-License-Identifier: Apache-2.0
#include "admin/doctor.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "admin/operation_context.h"
#include "base/files.h"
#include "identity/audit.h"
#include "notify/outbox.h"
#include "notify/smtp.h"
#include "providers/fetch_models.h"
#include "providers/provider_records.h"

namespace tg::admin {
namespace {

constexpr std::uint64_t kFreeBytesLeast = 256 << 20;  // a quarter of what the journal may take
constexpr std::int64_t kEarliestUnixMs = 1'767'225'600'000;  // 2026-01-01: before the first release

struct Finding {
  bool ok;
  std::string message;
};

std::string reason(int error) { return std::generic_category().message(error); }

Finding check_folder(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return {false, fmt::format("{}: {}. 'tollgate serve' or 'tollgate init' makes it.",
                               path.string(), reason(errno))};
  }
  if (!S_ISDIR(status.st_mode)) return {false, fmt::format("{} is no folder.", path.string())};
  if ((status.st_mode & 0077) != 0) {
    return {false, fmt::format("{} can be read by others (mode {:o}); run: chmod 700 {}",
                               path.string(), status.st_mode & 0777, path.string())};
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return {false, fmt::format("{} belongs to another user.", path.string())};
  }
  struct statvfs space{};
  if (::statvfs(path.c_str(), &space) != 0) return {false, reason(errno)};
  const auto free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  if (free_bytes < kFreeBytesLeast) {
    return {false,
            fmt::format("{} has only {} MiB left on its disk.", path.string(), free_bytes >> 20)};
  }
  return {true, fmt::format("{} is private, writable and has {} MiB left.", path.string(),
                            free_bytes >> 20)};
}

Finding check_key_files(const std::filesystem::path& folder) {
  for (const auto* name : {"master.key", "pepper"}) {
    const auto path = folder / name;
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      return {false, fmt::format("{}: {}. Restore it from your backup; without it nothing that "
                                 "the database holds can be used.",
                                 path.string(), reason(errno))};
    }
    if ((status.st_mode & 0077) != 0) {
      return {false, fmt::format("{} can be read by others; run: chmod 600 {}", path.string(),
                                 path.string())};
    }
    if (static_cast<std::size_t>(status.st_size) != store::kKeyFileBytes) {
      return {false, fmt::format("{} has {} bytes instead of {}; restore it from your backup.",
                                 path.string(), status.st_size, store::kKeyFileBytes)};
    }
  }
  return {true,
          "master.key and pepper are there, whole and private. Back them up, apart from the "
          "database."};
}

Finding check_database(const DoctorSubject& subject) {
  if (subject.database == nullptr) {
    return {false, "It cannot be opened; any other command with this data folder says why."};
  }
  const auto description = subject.database->describe();
  if (description) return {true, fmt::format("{} answers.", *description)};
  return {false, fmt::format("It does not answer: {}.", description.error().detail)};
}

Finding check_port(const DoctorSubject& subject) {
  const auto address = fmt::format("{}:{}", subject.listen_host, subject.listen_port);
  if (subject.is_running) return {true, "A server has this folder open and answers."};
  const addrinfo hints{.ai_flags = AI_NUMERICHOST | AI_PASSIVE,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  if (::getaddrinfo(subject.listen_host.c_str(), std::to_string(subject.listen_port).c_str(),
                    &hints, &found) != 0) {
    return {false, fmt::format("{} is not an address; write --listen 127.0.0.1:8080.", address)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{found, &::freeaddrinfo};
  const FileDescriptor probe{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(probe.get(), found->ai_addr, found->ai_addrlen) != 0) {
    return {false, fmt::format("{} cannot be listened on: {}. Choose another with --listen.",
                               address, reason(errno))};
  }
  return {true, fmt::format("{} is free.", address)};
}

Finding check_provider(const DoctorSubject& subject, const providers::ProviderRecord& provider) {
  const auto credential =
      providers::provider_credential(*subject.database, subject.folder->master_key(), provider.id);
  if (!credential) {
    return {false, fmt::format("{}: its credential cannot be opened: {}.", provider.name,
                               credential.error().detail)};
  }
  const auto models =
      providers::fetch_models(provider.base_url, *credential, {.proxy = subject.proxy.get()});
  if (models) return {true, fmt::format("{} lists {} models", provider.name, models->size())};
  if (models.error().code == Code::kNotFound) {
    return {true, fmt::format("{} answers, and has no list of models", provider.name)};
  }
  return {false, fmt::format("{} at {}: {} ({})", provider.name, provider.base_url,
                             models.error().detail, tg::name(models.error().code))};
}

Finding check_providers(const DoctorSubject& subject) {
  if (subject.database == nullptr) return {false, "Not looked at: the folder cannot be opened."};
  const auto all = providers::list_providers(*subject.database);
  if (!all) return {false, fmt::format("Cannot be read: {}.", all.error().detail)};
  Finding whole{true, ""};
  for (const auto& provider : *all) {
    if (provider.kind == config::ProviderKind::kSandbox) continue;
    const auto one = check_provider(subject, provider);
    whole.ok = whole.ok && one.ok;
    whole.message += whole.message.empty() ? one.message : "; " + one.message;
  }
  if (whole.message.empty()) {
    return {false, "There is none yet, so only test keys work. 'tollgate providers add --help'."};
  }
  whole.message += '.';
  return whole;
}

Finding check_mail_server(const DoctorSubject& subject) {
  if (subject.mail == nullptr) {
    return {true, "None is configured: invitations are links to hand over, sign-up stays closed."};
  }
  if (const auto reached = notify::try_mail_server(*subject.mail); !reached) {
    return {false, fmt::format("{}: {}.", subject.mail->url, reached.error().detail)};
  }
  auto message = fmt::format("{} takes mail from {}; links in it begin with {}", subject.mail->url,
                             subject.mail->from.address, subject.console_url);
  if (subject.database == nullptr) return {true, message + "."};
  const auto outbox = notify::outbox_state(*subject.database);
  if (!outbox) return {false, fmt::format("The outbox cannot be read: {}.", outbox.error().detail)};
  message += fmt::format("; {} wait", outbox->waiting);
  if (!outbox->last_error.empty()) message += fmt::format(" (last: {})", outbox->last_error);
  if (outbox->given_up > 0) message += fmt::format("; {} could not be sent", outbox->given_up);
  return {true, message + "."};
}

Finding check_clock(const DoctorSubject& subject) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto unix_ms = static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
  const auto shown = format_utc(from_unix_ms(unix_ms));
  if (unix_ms < kEarliestUnixMs) return {false, fmt::format("It says {}: set it.", shown)};
  if (subject.database != nullptr) {
    const auto last = identity::list_audit(*subject.database, 1);
    if (last && !last->empty() && to_unix_ms(last->front().at) > unix_ms + 60'000) {
      return {false, fmt::format("It says {}, but this folder was changed at {}: it was set back.",
                                 shown, format_utc(last->front().at))};
    }
  }
  timex state{};
  const bool synchronised = ::adjtimex(&state) != TIME_ERROR;
  return {true, fmt::format("It says {} UTC{}.", shown,
                            synchronised ? ", synchronised" : "; no time service keeps it right")};
}

}  // namespace

Json examine(const DoctorSubject& subject) {
  auto checks = Json::array();
  bool all_ok = true;
  const auto add = [&](const char* name, const Finding& finding) {
    all_ok = all_ok && finding.ok;
    checks.push_back(Json{{"name", name}, {"ok", finding.ok}, {"message", finding.message}});
  };
  add("data folder", check_folder(subject.data));
  add("keys' files", check_key_files(subject.data));
  add("database", check_database(subject));
  add("port", check_port(subject));
  add("provider", check_providers(subject));
  add("mail", check_mail_server(subject));
  add("clock", check_clock(subject));
  return Json{{"object", "tollgate.doctor"}, {"ok", all_ok}, {"checks", std::move(checks)}};
}

ApiResult<Json> doctor(OperationContext& context, const Json& arguments, const Caller& /*caller*/) {
  TG_TRY(const auto listen, optional_text(arguments, "listen"));
  const auto colon = std::min(listen.rfind(':'), listen.size());
  const auto port = listen.substr(std::min(colon + 1, listen.size()));
  return examine({.data = context.folder.path(),
                  .listen_host = listen.substr(0, colon),
                  .listen_port = static_cast<std::uint16_t>(std::atoi(port.c_str())),
                  .is_running = context.live != nullptr,
                  .database = &context.database,
                  .folder = &context.folder,
                  .mail = context.options.mail,
                  .proxy = context.options.proxy,
                  .console_url = context.console_url()});
}

}  // namespace tg::admin
