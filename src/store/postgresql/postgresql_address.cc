// SPDX-License-Identifier: Apache-2.0
#include "store/postgresql/postgresql_address.h"

#include <libpq-fe.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace tg::store {
namespace {

// Only where the address says nothing else. A server that is gone is noticed within half a minute.
constexpr std::pair<std::string_view, std::string_view> kDefaults[] = {
    {"client_encoding", "UTF8"},      {"connect_timeout", "5"},  {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},     {"keepalives_count", "3"}, {"tcp_user_timeout", "25000"},
    {"application_name", "tollgate"},
};

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

constexpr const char* kMalformed =
    "the setting 'database' must be empty, or "
    "postgresql://USER:PASSWORD@HOST:PORT/NAME with special characters of the password "
    "percent-encoded (@ is %40, / is %2F, ? is %3F)";

std::string_view value_of(const Options& options, std::string_view keyword) {
  for (const auto* each = options.get(); each->keyword != nullptr; ++each) {
    if (keyword == each->keyword && each->val != nullptr) return each->val;
  }
  return {};
}

bool is_plain(char each) {
  return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
         (each >= '0' && each <= '9');
}

// All in the query, and encoded: SOCI, which looks for options of its own in the text, would take a
// value with a blank in it apart.
void append(std::string& uri, std::string_view keyword, std::string_view value) {
  constexpr std::string_view kDigits{"0123456789ABCDEF"};
  uri.append(uri.ends_with('?') ? "" : "&").append(keyword).append("=");
  for (const char each : value) {
    if (is_plain(each)) {
      uri += each;
      continue;
    }
    const auto byte = static_cast<unsigned char>(each);
    uri += '%';
    uri += kDigits[byte >> 4];
    uri += kDigits[byte & 15];
  }
}

// Where the password's end was mistaken, the rest of it stands in one of these.
bool is_plausible(const Options& options) {
  const auto is_port = [](std::string_view text) {
    return text.find_first_not_of("0123456789,") == std::string_view::npos;
  };
  const auto is_clean = [](std::string_view text) { return !text.contains('@'); };
  return is_port(value_of(options, "port")) && is_clean(value_of(options, "host")) &&
         is_clean(value_of(options, "dbname"));
}

std::string place_of(const Options& options) {
  const auto host = value_of(options, "host");
  const auto port = value_of(options, "port");
  std::string place{host.empty() ? "local socket" : host};
  if (!port.empty()) place.append(":").append(port);
  return place.append("/").append(value_of(options, "dbname"));
}

}  // namespace

Result<PostgresqlAddress> parse_postgresql_address(const SecretBytes& address) {
  const auto text = address.reveal();
  if (!text.starts_with("postgresql://") && !text.starts_with("postgres://")) {
    return fail(Code::kConfiguration, kMalformed);
  }
  std::string whole{text};  // libpq wants a zero at its end
  char* message = nullptr;  // it quotes the address
  const Options options{PQconninfoParse(whole.c_str(), &message)};
  wipe(whole);
  if (message != nullptr) PQfreemem(message);
  if (!options || !is_plausible(options)) return fail(Code::kConfiguration, kMalformed);

  PostgresqlAddress parsed;
  parsed.place = place_of(options);
  // Enough that it never moves and leaves a password behind.
  parsed.uri.reserve(3 * text.size() + 1024);
  parsed.uri = "postgresql:///?";
  for (const auto* each = options.get(); each->keyword != nullptr; ++each) {
    if (each->val != nullptr) append(parsed.uri, each->keyword, each->val);
  }
  for (const auto& [keyword, value] : kDefaults) {
    if (value_of(options, keyword).empty()) append(parsed.uri, keyword, value);
  }
  return parsed;
}

}  // namespace tg::store
