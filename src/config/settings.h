// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/proxy.h"
#include "base/secret_bytes.h"

// What the process needs before it can open its data folder. Everything else lives in the database
// and has an API. Each value comes from the last of these that names it, and remembers which:
//   built-in default < tollgate.toml < environment TOLLGATE_… < flag
//
// Threading:  read once at start, on one thread; immutable afterwards.
// Limits:     the file 1 MiB; every number has its range in the table.
// Errors:     one sentence that names the setting, where its value came from, and what is allowed.
//             An unknown key in the file is refused by name: a typo must not silently be a default.
// Secrets:    `database` and `upstream_proxy` may hold one, a password: where they are told, they
//             are told without; and TOLLGATE_DATABASE_FILE may name a file that holds it. Other
//             secrets are read from NAME or NAME_FILE by read_secret().
namespace tg::config {

enum class Durability : std::uint8_t {
  kProcess,   // survives the end of the process, not of the machine
  kInterval,  // synced to disk every 50 ms
  kCall,      // a call goes out when its records are on the disk
};

struct Settings {
  std::filesystem::path data;
  SecretBytes database;  // "", "sqlite" or "postgresql://…"
  std::string url;       // of the server on which commands work; "": on the data folder
  std::string listen_host;
  std::uint16_t listen_port = 0;  // 0: the system picks one
  int workers = 0;                // one per core unless set
  Durability durability = Durability::kInterval;
  LogLevel log_level = LogLevel::kInfo;
  bool tell_target = false;                    // to clients, which provider and model answered
  bool log_calls = true;                       // a line for each call
  std::filesystem::path tls_certificate_file;  // PEM chain; "": plain HTTP
  std::filesystem::path tls_key_file;          // never one without the other
  std::string public_url;  // where people reach this server through a proxy; "": its own address

  std::size_t body_bytes_max = 0;              // of a JSON call
  std::size_t upload_bytes_max = 0;            // of a multipart call
  std::size_t upload_memory_bytes_max = 0;     // of one that waits, in memory
  std::size_t upload_disk_bytes_max = 0;       // of all that wait, on disk
  std::size_t journal_bytes_max = 0;           // that may await their transfer to the ledger
  std::int64_t worker_calls_max = 0;           // that run at once, per worker
  std::int64_t worker_body_bytes_max = 0;      // of requests in memory, per worker
  std::chrono::milliseconds worker_lag_max{};  // zero: never too late
  int connections_max = 0;                     // over all workers

  std::chrono::milliseconds head_timeout{};              // for the whole head of a request
  std::chrono::milliseconds body_timeout{};              // between two pieces of a body
  std::chrono::milliseconds idle_timeout{};              // of a kept connection between calls
  std::chrono::milliseconds upstream_connect_timeout{};  // name, connection and TLS together
  std::chrono::milliseconds upstream_timeout{};          // to the first byte of the answer
  std::chrono::milliseconds upstream_idle_timeout{};     // between two pieces of an answer
  std::chrono::milliseconds stream_keep_alive{};         // between two comments; zero: none
  std::chrono::milliseconds limit_wait{};                // for a limit to open; zero: no waiting
  std::chrono::milliseconds drain{};                     // for running calls after SIGTERM

  int calls_kept_days = 0;  // 0: for ever

  std::filesystem::path upstream_ca_file;       // PEM bundle; "": the system's
  std::shared_ptr<const Proxy> upstream_proxy;  // null: none

  std::string smtp_url;  // "smtp://host:587" (STARTTLS) or "smtps://host:465"; "": no mail
  std::string smtp_username;
  std::filesystem::path smtp_password_file;  // unless TOLLGATE_SMTP_PASSWORD has it
  bool smtp_requires_tls = true;
  std::filesystem::path smtp_ca_file;  // PEM bundle; "": the system's
  std::string mail_from;               // "Tollgate <tollgate@example.org>"
};

enum class Origin : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };

// One line of the table: the same setting in three spellings.
struct SettingRow {
  std::string_view name;     // upstream_ca_file = --upstream-ca-file = TOLLGATE_UPSTREAM_CA_FILE
  std::string_view initial;  // the built-in default, as text
  std::string_view meaning;
  bool secret = false;
};
[[nodiscard]] std::span<const SettingRow> setting_rows();
[[nodiscard]] std::string flag_name(const SettingRow& row);
[[nodiscard]] std::string environment_name(const SettingRow& row);

// What holds and where it came from, for `tollgate config` and for error messages.
struct SettingValue {
  std::string_view name;
  std::string text;  // "(secret)" where it is one
  Origin origin = Origin::kDefault;
  std::string source;  // "built in", "/etc/tollgate/tollgate.toml", "TOLLGATE_LISTEN", "--listen"
};

struct LoadedSettings {
  Settings settings;
  std::vector<SettingValue> values;  // in the table's order
};

struct SettingSources {
  // tollgate.toml: as named (then it must exist), else ./tollgate.toml where there is one.
  std::optional<std::filesystem::path> file{};
  std::function<std::optional<std::string>(const std::string& name)> environment{};
  std::map<std::string, std::string, std::less<>> flags{};  // setting name → text
};
[[nodiscard]] std::expected<LoadedSettings, std::string> load_settings(
    const SettingSources& sources);

// The process's own environment.
[[nodiscard]] std::optional<std::string> process_environment(const std::string& name);

// A secret from NAME, or from the file that NAME_FILE names (its last line break is not part of
// it); empty when neither is set.
[[nodiscard]] std::expected<SecretBytes, std::string> read_secret(const std::string& name);

}  // namespace tg::config
