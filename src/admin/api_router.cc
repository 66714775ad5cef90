// SPDX-License-Identifier: Apache-2.0
#include "admin/api_router.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <optional>
#include <span>

#include "admin/api_handlers.h"
#include "admin/api_routes.h"
#include "admin/authorization.h"
#include "admin/console_guard.h"
#include "admin/entity_tag.h"
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

std::span<const ApiRoute> routes_of(std::string_view path) {
  return path.starts_with("/v1/tollgate/") ? tollgate_routes() : organization_routes();
}

struct Found {
  const ApiRoute* route = nullptr;
  std::vector<std::string> ids;
};

ApiResult<Found> find_route(const http::Request& request) {
  const auto path = std::string_view{request.path}.substr(kApiPrefix.size());
  bool other_method = false;
  for (const auto& route : routes_of(request.path)) {
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

// What is open to everybody needs no caller: nobody is asked who they are.
Reply answer_document(const http::Request& request, const ApiRoute& route) {
  Reply reply{.body = {}, .document = route.document()};
  reply.entity_tag = entity_tag_of_text(reply.document);
  if (names_entity_tag(request.field("If-None-Match"), reply.entity_tag)) reply.status = 304;
  return reply;
}

// The route that reads what this one changes; null where there is none.
const ApiRoute* reading_of(const http::Request& request, const ApiRoute& route) {
  for (const auto& other : routes_of(request.path)) {
    if (other.method == "GET" && other.path == route.path) return &other;
  }
  return nullptr;
}

// An operation by its name: its own permission holds there as on a route of its own.
ApiResult<void> authorize_operation(const Caller& caller, std::string_view operation) {
  const auto needed = Operations::permission_of(operation);
  // Operations::run() refuses all but the operator, in words of its own.
  if (!needed || needed->resource == Resource::kInstance) return {};
  return check_allowed(caller, *needed);
}

// From here on, the caller has what their roles give at this place.
ApiResult<void> authorize(store::Database& database, Caller& caller, const Found& found) {
  // What a data key's owner may do is not for the key.
  if (!caller.is_data_key && is_in_project(found.route->path)) {
    TG_API_TRY(caller.permissions,
               permissions_in_project(database, caller, ProjectId{found.ids.front()}));
  }
  TG_TRY_DONE(check_allowed(caller, {found.route->resource, found.route->access}));
  if (found.route->path != kOperationsPath) return {};
  return authorize_operation(caller, found.ids.front());
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

// What is read by its id takes no parameter, but for these, whose handlers look at it.
bool takes_query(const http::Request& request, const ApiRoute& route) {
  if (request.method != "GET") return false;
  return !route.path.ends_with("/{}") || request.path.starts_with("/v1/tollgate/") ||
         route.path == "organization/certificates/{}" ||
         route.path == "organization/projects/{}/groups/{}";
}

// What stands where it means nothing would otherwise be lost without a word.
ApiResult<void> refuse_misplaced(const http::Request& request, const ApiRoute& route,
                                 const Json& query) {
  if (!query.empty() && !takes_query(request, route)) {
    const auto& name = query.begin().key();
    const auto* where = request.method == "GET" ? "nothing is asked here but the id in the path"
                                                : "a change takes its fields in the body";
    return refuse(Code::kFieldInvalid,
                  fmt::format("Unknown query parameter '{}': {}.", name, where), name);
  }
  if (request.method == "GET" && !request.body.empty()) {
    return refuse(Code::kBodyMalformed, "A GET takes no body; put its fields into the query.");
  }
  return {};
}

ApiResult<Json> read_body(const http::Request& request) {
  if (request.body.empty()) return Json::object();
  TG_TRY_DONE(check_content_type(request));
  return parse_object(request.body);
}

// A query's parameters as arguments: whole numbers are numbers, and true is true, as in JSON.
Json arguments_of_query(const Json& query) {
  auto arguments = Json::object();
  for (const auto& [name, value] : query.items()) {
    arguments[name] = value;
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end) {
      arguments[name] = number;
    } else if (text == "true" || text == "false") {
      arguments[name] = text == "true";
    }
  }
  return arguments;
}

// In whatever order a program's own types have the fields.
bool is_same(const Json& left, const Json& right) {
  return nlohmann::json(left) == nlohmann::json(right);
}

// Of an update's fields, those that are not in `known` and have not the value that GET answers.
template <typename Known>
Json unknown_and_changed(const ApiRequest& request, const Known& known) {
  auto unknown = Json::object();
  for (const auto& [field, value] : request.body.items()) {
    if (std::ranges::find(known, field) == known.end()) unknown[field] = value;
  }
  if (unknown.empty()) return unknown;
  // Where nothing is set yet, there is nothing that could be sent back.
  const auto present = request.present().value_or(Json::object());
  auto changed = Json::object();
  for (const auto& [field, value] : unknown.items()) {
    const auto same = present.find(field);
    if (same == present.end() || !is_same(*same, value)) changed[field] = value;
  }
  return changed;
}

// As check_update_fields(), of what is an operation: what was read can be sent back.
Json without_unchanged(const ApiRoute& route, const ApiRequest& request) {
  const auto fields = Operations::fields_of(route.operation);
  if (!fields || route.id_field.empty()) return request.body;
  std::vector<std::string_view> known{fields->begin(), fields->end()};
  std::erase(known, route.id_field);
  const auto refused = unknown_and_changed(request, known);
  auto arguments = Json::object();
  for (const auto& [field, value] : request.body.items()) {
    const bool is_known = std::ranges::find(known, field) != known.end();
    if (is_known || refused.contains(field)) arguments[field] = value;
  }
  return arguments;
}

ApiResult<Json> run_operation(Operations& operations, const ApiRoute& route,
                              const ApiRequest& request) {
  auto arguments =
      route.method == "GET" ? arguments_of_query(request.query) : without_unchanged(route, request);
  if (!route.id_field.empty()) {
    if (arguments.contains(route.id_field)) {
      return refuse(
          Code::kFieldInvalid,
          fmt::format("'{}' stands in the path; leave it out of the body.", route.id_field),
          std::string{route.id_field});
    }
    arguments[std::string{route.id_field}] = request.ids.front();
  }
  const auto operation =
      route.operation.empty() ? std::string_view{request.ids.front()} : route.operation;
  return operations.run(operation, arguments, request.caller);
}

ApiResult<Json> run_handler(Operations& operations, const ApiRoute& route,
                            const ApiRequest& request) {
  if (route.handler == nullptr) return run_operation(operations, route, request);
  return route.handler(operations.context(), request);
}

ApiResult<void> check_state(const ApiRequest& request, std::string_view if_match) {
  TG_TRY(const auto present, request.present());
  if (matches_entity_tag(if_match, present)) return {};
  return refuse(Code::kPreconditionFailed,
                "The object has changed since you read it. Read it again, then decide.");
}

// What the caller has shown: nobody else may see its answers again.
std::string_view secret_of(const http::Request& request, const ConsoleSessions& sessions) {
  const auto key = request.field("Authorization");
  return key.empty() ? sessions.token_of(request) : key;
}

}  // namespace

bool ApiRouter::has(std::string_view path) noexcept {
  return path.starts_with("/v1/organization/") || path.starts_with("/v1/projects/") ||
         path.starts_with("/v1/tollgate/");
}

ApiResult<Caller> ApiRouter::caller_of(const http::Request& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const auto value = request.field("Authorization");
  if (http::starts_with_ignore_case(value, kScheme)) {
    const PresentedKey presented{.key = value.substr(kScheme.size()),
                                 .address = request.peer_address,
                                 .client = request.field("User-Agent")};
    return operations_.caller_of_key(presented);
  }
  auto caller = sessions_.caller_of(request);
  const bool no_session = !caller && caller.error().code == Code::kSessionMissing;
  if (no_session && !request.path.starts_with("/v1/tollgate/")) {
    return refuse(Code::kKeyMissing,
                  "You didn't provide an API key. The Admin API needs an admin key: "
                  "'Authorization: Bearer sk-tg-admin-…'.");
  }
  return caller;
}

ApiResult<Reply> ApiRouter::run(const http::Request& request) {
  auto routed = find_route(request);
  if (routed && routed->route->document != nullptr) return answer_document(request, *routed->route);
  // Whoever may not ask is not told which paths there are.
  TG_TRY(auto caller, caller_of(request));
  TG_TRY(auto found, std::move(routed));
  const auto& route = *found.route;
  TG_TRY_DONE(authorize(operations_.database(), caller, found));
  ApiRequest asked{.caller = caller, .ids = std::move(found.ids)};
  asked.query = read_query(request.query);
  TG_TRY_DONE(refuse_misplaced(request, route, asked.query));
  TG_TRY(asked.body, read_body(request));
  SecretBytes new_session;
  asked.new_session = &new_session;
  const auto* reading = reading_of(request, route);
  asked.present = [&]() -> ApiResult<Json> {
    if (reading == nullptr) return Json::object();
    const ApiRequest plain{.caller = caller, .ids = asked.ids};
    return run_handler(operations_, *reading, plain);
  };

  const auto if_match = request.field("If-Match");
  std::unique_lock lock{operations_.context().changes, std::defer_lock};
  if (!if_match.empty() && route.method != "GET") {
    lock.lock();
    TG_TRY_DONE(check_state(asked, if_match));
  }
  TG_TRY(auto body, act(request, route, asked));
  Reply reply{.status = route.status, .body = std::move(body)};
  if (!new_session.empty()) {
    reply.set_cookies.push_back(sessions_.cookie(request, new_session.reveal()));
  }
  if (route.method == "GET") reply.entity_tag = entity_tag(reply.body);
  return reply;
}

ApiResult<Json> ApiRouter::act(const http::Request& request, const ApiRoute& route,
                               const ApiRequest& asked) {
  const auto key = request.field("Idempotency-Key");
  const auto run = [&] { return run_handler(operations_, route, asked); };
  if (key.empty() || request.method != "POST") return run();
  const auto operation = fmt::format("{} {}", request.method, request.path);
  return idempotency_.once(operations_.database(),
                           {.key = key,
                            .caller = asked.caller.actor.id,
                            .caller_secret = secret_of(request, sessions_),
                            .operation = operation,
                            .body = request.body},
                           run);
}

ApiResult<void> check_update_fields(const ApiRequest& request,
                                    std::initializer_list<std::string_view> known) {
  return refuse_unknown_fields(unknown_and_changed(request, known), known);
}

ApiResult<Json> not_there_yet(OperationContext& /*context*/, const ApiRequest& /*request*/) {
  return refuse(Code::kNotThereYet, "This operation is not there yet.");
}

}  // namespace tg::admin
