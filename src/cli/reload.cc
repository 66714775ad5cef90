// SPDX-License-Identifier: Apache-2.0
#include "cli/reload.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"

namespace tg::cli {
namespace {

constexpr auto kTlsSettings =
    std::to_array<std::string_view>({"tls_certificate_file", "tls_key_file"});

bool has_tls(const config::Settings& settings) { return !settings.tls_certificate_file.empty(); }

// Another file of the same kind can be read now; whether there is TLS at all is settled at start.
bool taken_up(std::string_view name, bool both_have_tls) {
  if (name == "log_level" || std::ranges::find(live_settings(), name) != live_settings().end()) {
    return true;
  }
  return both_have_tls && std::ranges::find(kTlsSettings, name) != kTlsSettings.end();
}

struct Changes {
  std::vector<std::string_view> taken_up;
  std::vector<std::string_view> waiting;  // for a restart
};

Changes changes_of(const std::vector<config::SettingValue>& before,
                   const config::LoadedSettings& read, bool both_have_tls) {
  Changes changes;
  for (std::size_t row = 0; row < before.size(); ++row) {
    const auto name = before[row].name;
    if (before[row].text == read.values[row].text) continue;
    (taken_up(name, both_have_tls) ? changes.taken_up : changes.waiting).push_back(name);
  }
  return changes;
}

void tell(LogLevel level, std::string_view message, const std::vector<std::string_view>& names) {
  if (names.empty()) return;
  log(level, message, {{"settings", fmt::format("{}", fmt::join(names, ", "))}});
}

}  // namespace

LoadedTls load_tls(const config::Settings& settings) {
  if (!has_tls(settings)) return nullptr;
  return net::ServerTls::load(
      {.certificate = settings.tls_certificate_file, .key = settings.tls_key_file});
}

Reload::Reload(const Invocation& invocation, const config::LoadedSettings& running,
               DataPlane& plane, std::shared_ptr<const net::ServerTls> tls)
    : invocation_{invocation},
      running_{running},
      plane_{plane},
      last_{running.values},
      tls_{std::move(tls)} {}

void Reload::read_again() {
  const auto read = settings_of(invocation_);
  if (!read) {
    log(LogLevel::kError, "settings not read again; all stays as it was", {{"why", read.error()}});
    return;
  }
  // First what may fail: all is taken up, or nothing.
  if (tls_ && !read_certificate_again(*read)) return;
  set_log_level(read->settings.log_level);
  plane_.apply(read->settings);
  const bool both_have_tls = has_tls(running_.settings) && has_tls(read->settings);
  tell(LogLevel::kInfo, "settings taken up", changes_of(last_, *read, both_have_tls).taken_up);
  tell(LogLevel::kWarning, "changed settings wait for a restart",
       changes_of(running_.values, *read, both_have_tls).waiting);
  if (!tls_) log(LogLevel::kInfo, "settings read again; there is no certificate to read");
  last_ = read->values;
}

bool Reload::read_certificate_again(const config::LoadedSettings& read) {
  // Where the file no longer names one, the running one is read again.
  const auto& settings = has_tls(read.settings) ? read.settings : running_.settings;
  auto loaded = load_tls(settings);
  if (!loaded) {
    log(LogLevel::kError, "certificate not read again; the last one stays",
        {{"why", loaded.error()}});
    return false;
  }
  use(*std::move(loaded));
  log(LogLevel::kInfo, "certificate read again",
      {{"file", settings.tls_certificate_file.string()}, {"good_until", tls_->good_until()}});
  return true;
}

void Reload::renew_ticket_keys() {
  if (!tls_) return;
  auto renewed = tls_->with_new_ticket_keys();
  if (!renewed) {
    log(LogLevel::kWarning, "keys of TLS tickets not renewed", {{"why", renewed.error()}});
    return;
  }
  use(*std::move(renewed));
}

void Reload::use(std::shared_ptr<const net::ServerTls> tls) {
  tls_ = std::move(tls);
  plane_.set_tls(tls_);
}

}  // namespace tg::cli
