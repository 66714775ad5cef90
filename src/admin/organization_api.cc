// SPDX-License-Identifier: Apache-2.0
#include "admin/organization_api.h"

#include <fmt/format.h>

#include <optional>

#include "admin/arguments.h"
#include "admin/console_guard.h"
#include "admin/organization_handlers.h"
#include "admin/organization_routes.h"
#include "http/url.h"
#include "http/write.h"

namespace tg::admin {
namespace {

constexpr std::string_view kApiPrefix = "/v1/";

// The ids in the path where it fits the pattern.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> ids;
  for (;;) {
    const auto wanted = pattern.substr(0, pattern.find('/'));
    const auto given = path.substr(0, path.find('/'));
    if (wanted == "{}") {
      if (given.empty()) return std::nullopt;
      ids.emplace_back(given);
    } else if (wanted != given) {
      return std::nullopt;
    }
    const bool pattern_ends = wanted.size() == pattern.size();
    if (pattern_ends != (given.size() == path.size())) return std::nullopt;
    if (pattern_ends) return ids;
    pattern.remove_prefix(wanted.size() + 1);
    path.remove_prefix(given.size() + 1);
  }
}

struct Found {
  const OrganizationRoute* route = nullptr;
  std::vector<std::string> ids;
};

ApiResult<Found> find_route(const http::Request& request) {
  const auto path = std::string_view{request.path}.substr(kApiPrefix.size());
  bool other_method = false;
  for (const auto& route : organization_routes()) {
    auto ids = match(route.path, path);
    if (!ids) continue;
    if (route.method == request.method) return Found{.route = &route, .ids = *std::move(ids)};
    other_method = true;
  }
  if (other_method) {
    return refuse(Code::kMethodNotAllowed,
                  fmt::format("{} does not take {}.", request.path, request.method));
  }
  return refuse(Code::kPathNotFound,
                fmt::format("Unknown request URL: {} {}.", request.method, request.path));
}

ApiResult<std::string_view> bearer_of(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto value = request.field("Authorization");
  if (!http::starts_with_ignore_case(value, kScheme)) {
    return refuse(Code::kKeyMissing,
                  "You didn't provide an API key. The Admin API needs an admin key: "
                  "'Authorization: Bearer sk-tg-admin-…'.");
  }
  return value.substr(kScheme.size());
}

// `x=1&x=2` and `x[]=1&x[]=2` are the same list, as SDKs and the description have it.
Json read_query(std::string_view text) {
  auto query = Json::object();
  for (auto& [name, value] : http::parse_query(text)) {
    std::string_view field = name;
    const bool listed = field.ends_with("[]");
    if (listed) field.remove_suffix(2);
    auto& known = query[std::string{field}];
    if (known.is_null() && !listed) {
      known = value;
    } else {
      if (known.is_null()) known = Json::array();
      if (!known.is_array()) known = Json::array({known});
      known.push_back(value);
    }
  }
  return query;
}

ApiResult<Json> read_body(const http::Request& request) {
  if (request.body.empty()) return Json::object();
  TG_TRY_DONE(check_content_type(request));
  return parse_object(request.body);
}

}  // namespace

bool is_organization_path(std::string_view path) noexcept {
  return path.starts_with("/v1/organization/") || path.starts_with("/v1/projects/");
}

ApiResult<Json> run_organization_api(Operations& operations, const http::Request& request) {
  TG_TRY(const auto key, bearer_of(request));
  TG_TRY(const auto known, operations.caller_of_key(key, request.peer_address));
  TG_TRY(auto found, find_route(request));
  const Permission needed{found.route->resource, found.route->access};
  if (!allows(known.role, needed)) {
    return refuse(Code::kScopeMissing,
                  fmt::format("You have insufficient permissions for this operation. Missing "
                              "scopes: {}. The key's owner needs another role.",
                              name(needed)));
  }
  OrganizationRequest operation{.caller = known.caller, .ids = std::move(found.ids)};
  operation.query = read_query(request.query);
  TG_TRY(operation.body, read_body(request));
  return operations.run(found.route->handler, operation);
}

ApiResult<Json> not_there_yet(OperationContext& /*context*/,
                              const OrganizationRequest& /*request*/) {
  return refuse(Code::kNotThereYet, "This operation is not there yet.");
}

}  // namespace tg::admin
