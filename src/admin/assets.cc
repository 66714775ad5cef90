// SPDX-License-Identifier: Apache-2.0
#include "admin/assets.h"

#include <algorithm>

#include "openai/error_table.h"

extern "C" {
extern const tg::admin::Asset tg_assets[];
extern const unsigned long tg_assets_count;
}

namespace tg::admin {
namespace {

// Mantine writes its colours into a style element as it runs, hence 'unsafe-inline' for styles; no
// script but our own files ever runs.
constexpr auto kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

constexpr auto kNoConsole =
    "This Tollgate was built without its console. The command line does the same things: "
    "'tollgate --help'. To build the console, run 'npm ci && npm run build' in web/ and build "
    "again.\n";

const Asset* find(std::span<const Asset> assets, std::string_view path) {
  const auto found =
      std::ranges::find_if(assets, [&](const Asset& asset) { return asset.path == path; });
  return found == assets.end() ? nullptr : &*found;
}

// A page of the console, which its own router draws: anything that does not look like a file.
bool is_page(std::string_view path) {
  return !path.starts_with("/assets/") && !path.substr(path.rfind('/') + 1).contains('.');
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool accepts_brotli(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const auto item = accept_encoding.substr(0, comma);
    const auto semicolon = std::min(item.find(';'), item.size());
    if (trimmed(item.substr(0, semicolon)) == "br") {
      const auto weight = trimmed(item.substr(std::min(semicolon + 1, item.size())));
      return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
    }
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
  }
  return false;
}

// As who forgot the /v1 in their base URL reads it.
constexpr std::string_view kOnlyConsole =
    "Here is only the console, which answers GET. The API's paths begin with /v1: does the base "
    "URL end in it?";

http::Response refuse_path(Code code, std::string_view message = {}) {
  return {
      .status = openai::error_row(code).status,
      .fields = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
      .body = message.empty() ? openai::error_body(code) : openai::error_body(code, message, {})};
}

http::Response with_body(const http::Request& request, const Asset& asset) {
  const bool brotli = asset.brotli != nullptr && accepts_brotli(request.field("accept-encoding"));
  http::Response response{.status = 200, .fields = {}, .body = {}};
  response.fields = {
      {"Content-Type", asset.content_type},
      {"Cache-Control", asset.immutable == 1 ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Vary", "Accept-Encoding"}};
  if (brotli) response.fields.push_back({"Content-Encoding", "br"});
  response.body = brotli ? std::string{asset.brotli, asset.brotli_bytes}
                         : std::string{asset.plain, asset.plain_bytes};
  return response;
}

}  // namespace

std::span<const Asset> embedded_assets() { return {tg_assets, tg_assets_count}; }

http::Response serve_asset(const http::Request& request, std::span<const Asset> assets) {
  if (request.method != "GET" && request.method != "HEAD") {
    auto refused = refuse_path(Code::kMethodNotAllowed, kOnlyConsole);
    refused.fields.push_back({"Allow", "GET, HEAD"});
    return refused;
  }
  if (const auto* asset = find(assets, request.path)) return with_body(request, *asset);
  if (!is_page(request.path)) return refuse_path(Code::kPathNotFound);
  if (const auto* index = find(assets, "/index.html")) return with_body(request, *index);
  return {.status = 200,
          .fields = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-cache"}},
          .body = kNoConsole};
}

void add_security_headers(http::Response& response, bool over_tls) {
  response.fields.push_back({"Content-Security-Policy", kContentSecurityPolicy});
  response.fields.push_back({"X-Content-Type-Options", "nosniff"});
  response.fields.push_back({"Referrer-Policy", "no-referrer"});
  response.fields.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  response.fields.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  if (over_tls) {
    response.fields.push_back({"Strict-Transport-Security", "max-age=31536000"});
  }
}

}  // namespace tg::admin
