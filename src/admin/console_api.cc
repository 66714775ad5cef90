// SPDX-License-Identifier: Apache-2.0
#include "admin/console_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "admin/arguments.h"
#include "admin/assets.h"
#include "admin/console_guard.h"
#include "admin/console_session.h"
#include "admin/organization_api.h"
#include "base/log.h"
#include "http/url.h"
#include "http/write.h"
#include "openai/error_table.h"

namespace tg::admin {
namespace {

constexpr std::string_view kApiPrefix = "/v1/tollgate/";

// One operation under one method and path; `{}` in the path stands for an id.
struct Route {
  std::string_view method;
  std::string_view path;
  std::string_view operation;
  int status;
  std::string_view id_field;  // the argument that takes the id from the path
};

constexpr auto kRoutes = std::to_array<Route>({
    {"GET", "keys", "list_keys", 200, ""},
    {"POST", "keys", "create_key", 201, ""},
    {"POST", "keys/{}/revoke", "revoke_key", 200, "id"},
    {"GET", "limits", "list_limits", 200, ""},
    {"POST", "limits", "set_limit", 200, ""},
    {"DELETE", "limits/{}", "remove_limit", 200, "id"},
    {"GET", "usage", "usage", 200, ""},
    {"GET", "calls", "recent_calls", 200, ""},
    {"GET", "providers", "list_providers", 200, ""},
    {"POST", "providers", "add_provider", 201, ""},
    {"POST", "providers/{}/test", "test_provider", 200, "name"},
    {"DELETE", "providers/{}", "remove_provider", 200, "name"},
    {"GET", "routes", "list_routes", 200, ""},
    {"POST", "routes/successors", "set_successor", 200, ""},
    {"POST", "routes/default_models", "set_default_model", 200, ""},
});

// The id where the path fits the pattern; "" where the pattern has none.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const auto hole = pattern.find("{}");
  if (hole == std::string_view::npos) {
    return pattern == path ? std::optional{std::string_view{}} : std::nullopt;
  }
  const auto before = pattern.substr(0, hole);
  const auto after = pattern.substr(hole + 2);
  if (!path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
  if (path.size() <= before.size() + after.size()) return std::nullopt;
  const auto id = path.substr(before.size(), path.size() - before.size() - after.size());
  if (id.contains('/')) return std::nullopt;
  return id;
}

// A query's parameters as arguments: whole numbers are numbers, as they would be in JSON.
Json arguments_of_query(std::string_view query) {
  auto arguments = Json::object();
  for (const auto& [name, text] : http::parse_query(query)) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    const bool is_number = parsed.ec == std::errc{} && parsed.ptr == end;
    arguments[name] = is_number ? Json(number) : Json(text);
  }
  return arguments;
}

http::Response to_response(const ApiError& error) {
  const auto& row = openai::error_row(error.code);
  http::Response response{.status = row.status,
                          .fields = {{"Content-Type", "application/json"}},
                          .body = openai::error_body(error.code, error.message, error.param)};
  if (row.should_retry) {
    response.fields.push_back({"x-should-retry", *row.should_retry ? "true" : "false"});
  }
  if (error.code == Code::kTooManyAttempts) response.fields.push_back({"Retry-After", "60"});
  return response;
}

http::Response to_response(const ApiResult<Reply>& reply) {
  if (!reply) return to_response(reply.error());
  http::Response response{.status = reply->status,
                          .fields = {{"Content-Type", "application/json"}},
                          .body = reply->body.dump(-1, ' ', false, Json::error_handler_t::replace)};
  if (!reply->set_cookie.empty()) response.fields.push_back({"Set-Cookie", reply->set_cookie});
  return response;
}

}  // namespace

class ControlPlane::Impl {
 public:
  Impl(Operations& operations, ConsoleOptions options)
      : operations_{operations},
        site_{std::move(options.public_url)},
        sessions_{operations, site_} {}

  [[nodiscard]] http::Response handle(const http::Request& request) {
    if (!request.path.starts_with("/v1/") && request.path != "/v1") return page(request);
    auto response = api(request);
    response.fields.push_back({"Cache-Control", "no-store"});
    add_security_headers(response, site_.is_tls(request));
    return response;
  }

 private:
  [[nodiscard]] http::Response page(const http::Request& request) const {
    auto response = serve_asset(request);
    add_security_headers(response, site_.is_tls(request));
    return response;
  }

  [[nodiscard]] http::Response api(const http::Request& request) {
    if (is_organization_path(request.path)) {
      auto body = run_organization_api(operations_, request);
      if (!body) return to_response(body.error());
      return to_response(Reply{.status = 200, .body = *std::move(body), .set_cookie = {}});
    }
    if (!request.path.starts_with(kApiPrefix)) {
      return to_response({.code = Code::kPathNotFound,
                          .message = fmt::format("Unknown request URL: {} {}. Check the path; the "
                                                 "base URL ends in /v1.",
                                                 request.method, request.path),
                          .param = {}});
    }
    const auto path = std::string_view{request.path}.substr(kApiPrefix.size());
    if (path == "setup" || path == "session") return to_response(sessions_.handle(request, path));
    return to_response(run_route(request, path));
  }

  ApiResult<Reply> run_route(const http::Request& request, std::string_view path) {
    bool other_method = false;
    for (const auto& route : kRoutes) {
      const auto id = match(route.path, path);
      if (!id) continue;
      if (route.method == request.method) return run(route, request, *id);
      other_method = true;
    }
    if (other_method) {
      return refuse(Code::kMethodNotAllowed,
                    fmt::format("{} does not take {}.", request.path, request.method));
    }
    return refuse(Code::kPathNotFound,
                  fmt::format("Unknown request URL: {} {}.", request.method, request.path));
  }

  ApiResult<Reply> run(const Route& route, const http::Request& request, std::string_view id) {
    TG_TRY_DONE(check_origin(request, site_));
    TG_TRY(const auto caller, sessions_.caller_of(request));
    TG_TRY(auto arguments, arguments_of(route, request));
    if (!route.id_field.empty()) {
      if (arguments.contains(route.id_field)) {
        return refuse(
            Code::kFieldInvalid,
            fmt::format("'{}' stands in the path; leave it out of the body.", route.id_field),
            std::string{route.id_field});
      }
      arguments[std::string{route.id_field}] = id;
    }
    TG_TRY(auto body, operations_.run(route.operation, arguments, caller));
    return Reply{.status = route.status, .body = std::move(body), .set_cookie = {}};
  }

  static ApiResult<Json> arguments_of(const Route& route, const http::Request& request) {
    if (route.method == "GET") return arguments_of_query(request.query);
    if (request.body.empty()) return Json::object();
    TG_TRY_DONE(check_content_type(request));
    return parse_object(request.body);
  }

  Operations& operations_;
  const Site site_;
  ConsoleSessions sessions_;
};

ControlPlane::ControlPlane(Operations& operations, ConsoleOptions options)
    : impl_{std::make_unique<Impl>(operations, std::move(options))} {}

ControlPlane::~ControlPlane() = default;

http::Response ControlPlane::handle(const http::Request& request) { return impl_->handle(request); }

}  // namespace tg::admin
