// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <system_error>
#include <thread>

#include "base/files.h"

namespace tg::config {
namespace {

constexpr auto kRows = std::to_array<SettingRow>({
    {"data", "./data", "folder of the database, the journal and the keys' files"},
    {"database", "sqlite",
     "sqlite: tollgate.db in the data folder; or postgresql://USER:PASSWORD@HOST:PORT/NAME", true},
    {"url", "",
     "https:// address of a server elsewhere on which commands work, with TOLLGATE_ADMIN_KEY, "
     "instead of on the data folder"},
    {"listen", "127.0.0.1:8080", "address and port to listen on; port 0 picks a free one"},
    {"workers", "0", "data-plane threads, 1 to 256; 0: one per core"},
    {"durability", "interval",
     "what is synced to disk: process: nothing; interval: every 50 ms; call: before each goes out"},
    {"log_level", "info", "debug, info, warning or error"},
    {"log_calls", "on", "on: a log line for each call; off: for refused ones alone"},
    {"tell_target", "off", "on: answers name the provider and its model that they come from"},
    {"tls_certificate_file", "",
     "PEM file to speak TLS with: the server's certificate, then those that signed it"},
    {"tls_key_file", "", "PEM file of that certificate's private key"},
    {"public_url", "", "https:// address under which a proxy offers this server"},
    {"body_bytes_max", "33554432", "the largest body of a JSON call"},
    {"upload_bytes_max", "537919488", "the largest body of a multipart call"},
    {"upload_memory_bytes_max", "1048576",
     "of a multipart call's body while it comes in; the rest waits in an encrypted file"},
    {"upload_disk_bytes_max", "8589934592", "such files of all calls together"},
    {"journal_bytes_max", "1073741824", "journal that may await its transfer, per worker"},
    {"connections_max", "16384", "client connections at once, over all workers"},
    {"worker_calls_max", "10000", "calls that run at once, per worker; more get 503"},
    {"worker_body_bytes_max", "536870912",
     "requests' bodies in memory at once, per worker; more get 503"},
    {"worker_lag_max_ms", "2000",
     "how late a worker may be before new calls get 503; 0: however late"},
    {"head_timeout_ms", "15000", "for the whole head of a request"},
    {"body_timeout_ms", "30000", "between two pieces of a request's body"},
    {"idle_timeout_ms", "75000", "of a kept connection between two calls"},
    {"upstream_connect_timeout_ms", "5000", "for a provider's name, connection and TLS"},
    {"upstream_timeout_ms", "600000", "until the first byte of a provider's answer"},
    {"upstream_idle_timeout_ms", "300000", "between two pieces of a provider's answer"},
    {"stream_keep_alive_ms", "15000",
     "after which a silent provider's stream gets a comment, and again; 0: never"},
    {"limit_wait_ms", "0",
     "that a call waits for a limit of rate or concurrency to open again; 0: it is refused at "
     "once"},
    {"calls_kept_days", "0",
     "that each call can be looked at; what it was charged stays in usage and limits. 0: for ever"},
    {"drain_ms", "30000", "that running calls get to finish after SIGTERM"},
    {"upstream_ca_file", "", "PEM bundle to verify providers with, instead of the system's"},
    {"upstream_proxy", "",
     "http://[USER:PASSWORD@]HOST:PORT through which https providers are reached; direct: none; "
     "empty: as HTTPS_PROXY says, and NO_PROXY in any case",
     true},
    {"smtp_url", "", "mail server: smtp://host:587 (STARTTLS) or smtps://host:465; empty: no mail"},
    {"smtp_username", "", "name to sign in to the mail server with; empty: none is asked for"},
    {"smtp_password_file", "",
     "file of that name's password, unless TOLLGATE_SMTP_PASSWORD has it"},
    {"smtp_tls", "required", "required; or none, for a mail server on this machine or network"},
    {"smtp_ca_file", "", "PEM bundle to verify the mail server with, instead of the system's"},
    {"mail_from", "", "sender of mails, as Tollgate <tollgate@example.org>"},
});

constexpr std::size_t kFileBytesMax = 1 << 20;

const SettingRow* find_row(std::string_view name) {
  const auto* row = std::ranges::find(kRows, name, &SettingRow::name);
  return row == kRows.end() ? nullptr : row;
}

// What one value may be, told to whoever wrote another.
using Applied = std::expected<void, std::string>;

Applied number_between(std::string_view text, std::int64_t least, std::int64_t most,
                       std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < least || out > most) {
    return std::unexpected(fmt::format("must be a whole number from {} to {}", least, most));
  }
  return {};
}

template <typename Number>
Applied set_number(std::string_view text, std::int64_t least, std::int64_t most, Number& out) {
  std::int64_t number = 0;
  if (auto applied = number_between(text, least, most, number); !applied) return applied;
  out = static_cast<Number>(number);
  return {};
}

Applied set_bytes(std::string_view text, std::int64_t least, std::size_t& out) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  return set_number(text, least, kMost, out);
}

Applied set_time(std::string_view text, std::chrono::milliseconds& out, std::int64_t least = 1) {
  constexpr std::int64_t kDay = 24 * 3600 * 1000;
  std::int64_t count = 0;
  if (auto applied = number_between(text, least, kDay, count); !applied) return applied;
  out = std::chrono::milliseconds{count};
  return {};
}

Applied set_listen(std::string_view text, Settings& settings) {
  constexpr auto kRule = "must be ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::unexpected(std::string{kRule});
  auto host = text.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!bracketed && host.contains(':'))) {
    return std::unexpected(std::string{kRule});
  }
  settings.listen_host = host == "localhost" ? "127.0.0.1" : host;
  return set_number(text.substr(colon + 1), 0, 65535, settings.listen_port);
}

Applied set_workers(std::string_view text, Settings& settings) {
  if (auto applied = set_number(text, 0, 256, settings.workers); !applied) return applied;
  if (settings.workers == 0) {
    settings.workers = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 256);
  }
  return {};
}

Applied set_durability(std::string_view text, Settings& settings) {
  if (text == "process") {
    settings.durability = Durability::kProcess;
  } else if (text == "interval") {
    settings.durability = Durability::kInterval;
  } else if (text == "call") {
    settings.durability = Durability::kCall;
  } else {
    return std::unexpected(std::string{"must be process, interval or call"});
  }
  return {};
}

Applied set_switch(std::string_view text, bool& out) {
  if (text != "on" && text != "off") return std::unexpected(std::string{"must be on or off"});
  out = text == "on";
  return {};
}

Applied set_log_level_name(std::string_view text, Settings& settings) {
  constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
  const auto* found = std::ranges::find(kNames, text);
  if (found == kNames.end()) {
    return std::unexpected(std::string{"must be debug, info, warning or error"});
  }
  settings.log_level = static_cast<LogLevel>(found - kNames.begin());
  return {};
}

Applied set_url(std::string_view text, std::string& out) {
  if (!text.empty() && !text.starts_with("https://") && !text.starts_with("http://")) {
    return std::unexpected(std::string{"must begin with https:// or http://"});
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  out = text;
  return {};
}

Applied set_database(std::string_view text, Settings& settings) {
  if (!text.empty() && text != "sqlite" && !text.starts_with("postgresql://") &&
      !text.starts_with("postgres://")) {
    return std::unexpected(
        std::string{"must be sqlite, or postgresql://USER:PASSWORD@HOST:PORT/NAME"});
  }
  settings.database = SecretBytes{text};
  return {};
}

Applied set_smtp_url(std::string_view text, Settings& settings) {
  const bool known = text.starts_with("smtp://") || text.starts_with("smtps://");
  // A name or password in it would be shown by `tollgate config` and by process lists.
  if (!text.empty() && (!known || text.contains('@') || text.ends_with('/'))) {
    return std::unexpected(
        std::string{"must be smtp://HOST:PORT or smtps://HOST:PORT, without a name or a path"});
  }
  settings.smtp_url = text;
  return {};
}

Applied set_smtp_tls(std::string_view text, Settings& settings) {
  if (text != "required" && text != "none") {
    return std::unexpected(std::string{"must be required or none"});
  }
  settings.smtp_requires_tls = text == "required";
  return {};
}

Applied apply_mail(std::string_view name, std::string_view text, Settings& settings) {
  if (name == "smtp_url") return set_smtp_url(text, settings);
  if (name == "smtp_tls") return set_smtp_tls(text, settings);
  if (name == "smtp_username") settings.smtp_username = text;
  if (name == "smtp_password_file") settings.smtp_password_file = text;
  if (name == "smtp_ca_file") settings.smtp_ca_file = text;
  if (name == "mail_from") settings.mail_from = text;
  return {};
}

Applied apply_process(std::string_view name, std::string_view text, Settings& settings) {
  if (name == "data") {
    if (text.empty()) return std::unexpected(std::string{"must name a folder"});
    settings.data = text;
    return {};
  }
  if (name == "database") return set_database(text, settings);
  if (name == "listen") return set_listen(text, settings);
  if (name == "workers") return set_workers(text, settings);
  if (name == "durability") return set_durability(text, settings);
  if (name == "log_level") return set_log_level_name(text, settings);
  if (name == "log_calls") return set_switch(text, settings.log_calls);
  if (name == "tell_target") return set_switch(text, settings.tell_target);
  if (name == "public_url") return set_url(text, settings.public_url);
  if (name == "url") return set_url(text, settings.url);
  if (name == "upstream_ca_file") settings.upstream_ca_file = text;
  if (name == "tls_certificate_file") settings.tls_certificate_file = text;
  if (name == "tls_key_file") settings.tls_key_file = text;
  return apply_mail(name, text, settings);
}

Applied apply(std::string_view name, std::string_view text, Settings& settings) {
  if (name == "body_bytes_max") return set_bytes(text, 1024, settings.body_bytes_max);
  if (name == "upload_bytes_max") return set_bytes(text, 1024, settings.upload_bytes_max);
  if (name == "upload_memory_bytes_max") {
    return set_bytes(text, 1024, settings.upload_memory_bytes_max);
  }
  if (name == "upload_disk_bytes_max") return set_bytes(text, 0, settings.upload_disk_bytes_max);
  if (name == "journal_bytes_max") return set_bytes(text, 1 << 20, settings.journal_bytes_max);
  if (name == "connections_max") return set_number(text, 1, 1 << 20, settings.connections_max);
  if (name == "worker_calls_max") return set_number(text, 1, 1 << 20, settings.worker_calls_max);
  if (name == "worker_body_bytes_max") {
    return set_number(text, 1 << 16, std::int64_t{1} << 40, settings.worker_body_bytes_max);
  }
  if (name == "worker_lag_max_ms") return set_time(text, settings.worker_lag_max, 0);
  if (name == "head_timeout_ms") return set_time(text, settings.head_timeout);
  if (name == "body_timeout_ms") return set_time(text, settings.body_timeout);
  if (name == "idle_timeout_ms") return set_time(text, settings.idle_timeout);
  if (name == "upstream_connect_timeout_ms") {
    return set_time(text, settings.upstream_connect_timeout);
  }
  if (name == "upstream_timeout_ms") return set_time(text, settings.upstream_timeout);
  if (name == "upstream_idle_timeout_ms") return set_time(text, settings.upstream_idle_timeout);
  if (name == "stream_keep_alive_ms") return set_time(text, settings.stream_keep_alive, 0);
  if (name == "limit_wait_ms") return set_time(text, settings.limit_wait, 0);
  if (name == "calls_kept_days") return set_number(text, 0, 36'500, settings.calls_kept_days);
  if (name == "drain_ms") return set_time(text, settings.drain);
  return apply_process(name, text, settings);
}

// The first of these variables that is set: as curl asks for them.
std::string first_set(const SettingSources& sources, std::initializer_list<const char*> variables) {
  if (!sources.environment) return {};
  for (const auto* variable : variables) {
    if (auto text = sources.environment(variable)) return *std::move(text);
  }
  return {};
}

Applied set_proxy(std::string_view text, const SettingSources& sources, Settings& settings) {
  if (text == "direct") return {};
  std::string own{text};
  const bool inherited = own.empty();
  if (inherited) own = first_set(sources, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  if (own.empty()) return {};
  auto proxy = Proxy::parse(own, first_set(sources, {"no_proxy", "NO_PROXY"}));
  wipe(own);
  if (!proxy) {
    return std::unexpected(fmt::format(
        "{}: {}; write direct to use none",
        inherited ? "follows HTTPS_PROXY, which is wrong" : "is wrong", proxy.error().detail));
  }
  settings.upstream_proxy = *std::move(proxy);
  return {};
}

std::expected<std::string, std::string> toml_text(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  return std::unexpected(std::string{"must be a text in quotes or a whole number"});
}

using Texts = std::map<std::string, std::string, std::less<>>;

std::expected<Texts, std::string> texts_of(const toml::table& table, const std::string& path) {
  Texts texts;
  for (const auto& [key, node] : table) {
    if (find_row(key.str()) == nullptr) {
      return std::unexpected(fmt::format(
          "{}, line {}: there is no setting named '{}'. 'tollgate config' lists them all.", path,
          key.source().begin.line, key.str()));
    }
    auto text = toml_text(node);
    if (!text) {
      return std::unexpected(fmt::format("{}, line {}: '{}' {}.", path, key.source().begin.line,
                                         key.str(), text.error()));
    }
    texts.emplace(key.str(), *std::move(text));
  }
  return texts;
}

// toml++ throws; its exceptions stop here.
std::expected<Texts, std::string> read_toml(const std::filesystem::path& path) {
  const auto bytes = read_file(path, kFileBytesMax);
  if (!bytes) {
    return std::unexpected(
        fmt::format("The settings file {} cannot be read: {}.", path.string(),
                    bytes.error().system_errno != 0
                        ? std::generic_category().message(bytes.error().system_errno)
                        : bytes.error().detail));
  }
  try {
    return texts_of(toml::parse(*bytes, path.string()), path.string());
  } catch (const toml::parse_error& error) {
    return std::unexpected(fmt::format("{}, line {}: {}.", path.string(), error.source().begin.line,
                                       error.description()));
  }
}

struct FileTexts {
  std::string path;
  Texts texts;
};

std::expected<FileTexts, std::string> find_file(const SettingSources& sources) {
  const std::filesystem::path usual{"tollgate.toml"};
  std::error_code ignored;
  if (!sources.file && !std::filesystem::exists(usual, ignored)) return FileTexts{};
  const auto path = sources.file.value_or(usual);
  auto texts = read_toml(path);
  if (!texts) return std::unexpected(std::move(texts).error());
  return FileTexts{.path = path.string(), .texts = *std::move(texts)};
}

using Chosen = std::expected<SettingValue, std::string>;

Chosen from_secret_file(const SettingRow& row, const std::string& variable,
                        const std::string& path) {
  const auto secret = read_secret_file(path);
  if (!secret) {
    return std::unexpected(
        fmt::format("{} names {}, which cannot be read: {}.", variable, path,
                    std::generic_category().message(secret.error().system_errno)));
  }
  auto text = secret->reveal();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return SettingValue{row.name, std::string{text}, Origin::kEnvironment, variable};
}

Chosen choose(const SettingRow& row, const FileTexts& file, const SettingSources& sources) {
  if (const auto flag = sources.flags.find(row.name); flag != sources.flags.end()) {
    return SettingValue{row.name, flag->second, Origin::kFlag, flag_name(row)};
  }
  const auto variable = environment_name(row);
  if (auto text = sources.environment ? sources.environment(variable) : std::nullopt) {
    return SettingValue{row.name, *std::move(text), Origin::kEnvironment, variable};
  }
  if (row.secret && sources.environment) {
    const auto named = variable + "_FILE";
    if (const auto path = sources.environment(named)) return from_secret_file(row, named, *path);
  }
  if (const auto line = file.texts.find(row.name); line != file.texts.end()) {
    return SettingValue{row.name, line->second, Origin::kFile, file.path};
  }
  return SettingValue{row.name, std::string{row.initial}, Origin::kDefault, "built in"};
}

// A secret that is none, "" or "sqlite", may be told.
void hide(const SettingRow& row, SettingValue& value) {
  if (!row.secret || value.text.empty() || value.text == row.initial) return;
  wipe(value.text);
  value.text = "(secret)";
}

Applied check_together(const LoadedSettings& loaded) {
  const auto& certificate = loaded.settings.tls_certificate_file;
  const auto& key = loaded.settings.tls_key_file;
  if (certificate.empty() == key.empty()) return {};
  const auto* given = certificate.empty() ? "tls_key_file" : "tls_certificate_file";
  const auto* missing = certificate.empty() ? "tls_certificate_file" : "tls_key_file";
  const auto& value = *std::ranges::find(loaded.values, given, &SettingValue::name);
  return std::unexpected(
      fmt::format("The setting '{}' is missing: '{}' is '{}' (from {}), and neither works without "
                  "the other.",
                  missing, given, value.text, value.source));
}

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

std::string flag_name(const SettingRow& row) {
  std::string flag = "--";
  for (const char character : row.name) flag += character == '_' ? '-' : character;
  return flag;
}

std::string environment_name(const SettingRow& row) {
  std::string variable = "TOLLGATE_";
  for (const char character : row.name) {
    variable +=
        character >= 'a' && character <= 'z' ? static_cast<char>(character - 'a' + 'A') : character;
  }
  return variable;
}

std::expected<LoadedSettings, std::string> load_settings(const SettingSources& sources) {
  const auto file = find_file(sources);
  if (!file) return std::unexpected(file.error());

  LoadedSettings loaded;
  for (const auto& row : kRows) {
    auto value = choose(row, *file, sources);
    if (!value) return std::unexpected(value.error());
    const auto applied = row.name == "upstream_proxy"
                             ? set_proxy(value->text, sources, loaded.settings)
                             : apply(row.name, value->text, loaded.settings);
    hide(row, *value);
    if (!applied) {
      return std::unexpected(fmt::format("The setting '{}' {}; it is '{}' (from {}).", row.name,
                                         applied.error(), value->text, value->source));
    }
    loaded.values.push_back(*std::move(value));
  }
  if (const auto fits = check_together(loaded); !fits) return std::unexpected(fits.error());
  return loaded;
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* value = ::secure_getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string{value};
}

std::expected<SecretBytes, std::string> read_secret(const std::string& name) {
  if (const char* value = ::secure_getenv(name.c_str()); value != nullptr && *value != '\0') {
    return SecretBytes{std::string_view{value}};
  }
  const auto path = process_environment(name + "_FILE");
  if (!path) return SecretBytes{};
  auto secret = read_secret_file(*path);
  if (!secret) {
    return std::unexpected(
        fmt::format("{}_FILE names {}, which cannot be read: {}.", name, *path,
                    std::generic_category().message(secret.error().system_errno)));
  }
  auto text = secret->reveal();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return SecretBytes{text};
}

}  // namespace tg::config
