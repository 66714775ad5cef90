// SPDX-License-Identifier: Apache-2.0
#include "admin/console_api.h"

#include <fmt/format.h>

#include "admin/api_router.h"
#include "admin/assets.h"
#include "admin/console_entry.h"
#include "admin/console_guard.h"
#include "admin/console_session.h"
#include "admin/token_exchange.h"
#include "base/ids.h"
#include "base/log.h"
#include "openai/error_table.h"

namespace tg::admin {
namespace {

constexpr std::string_view kOwnPrefix = "/v1/tollgate/";

http::Response to_response(const ApiError& error) {
  const auto& row = openai::error_row(error.code);
  http::Response response{
      .status = row.status,
      .fields = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
      .body = openai::error_body(error.code, error.message, error.param)};
  if (row.should_retry) {
    response.fields.push_back({"x-should-retry", *row.should_retry ? "true" : "false"});
  }
  if (error.code == Code::kTooManyAttempts) response.fields.push_back({"Retry-After", "60"});
  return response;
}

// As the data plane's: each answer has an id, which a person can give the operator, who finds it
// here.
void log_refusal(const http::Request& request, const ApiError& error, std::string_view id) {
  const auto& row = openai::error_row(error.code);
  log(row.level, "management call refused",
      {{"why", name(error.code)},
       {"status", row.status},
       {"request", id},
       {"address", request.peer_address}});
}

http::Response to_response(const ApiResult<Reply>& reply) {
  if (!reply) return to_response(reply.error());
  const auto& document = reply->document;
  http::Response response{
      .status = reply->status,
      .fields = {{"Content-Type", "application/json"},
                 // What holds no secret may be kept, and asked for again by its tag.
                 {"Cache-Control", document.empty() ? "no-store" : "no-cache"}},
      .body = document.empty() ? reply->body.dump(-1, ' ', false, Json::error_handler_t::replace)
                               : std::string{document}};
  if (!reply->entity_tag.empty()) response.fields.push_back({"ETag", reply->entity_tag});
  for (const auto& cookie : reply->set_cookies) response.fields.push_back({"Set-Cookie", cookie});
  return response;
}

}  // namespace

class ControlPlane::Impl {
 public:
  Impl(Operations& operations, ConsoleOptions options)
      : site_{std::move(options.public_url)},
        sessions_{operations, site_},
        entry_{operations, sessions_, site_},
        router_{operations, sessions_},
        exchange_{operations, std::move(options.issuers)} {}

  void answer(http::Request request, Done done) {
    if (!TokenExchange::has(request.path)) {
      done(handle(request));
      return;
    }
    const bool tls = site_.is_tls(request);
    exchange_.answer(std::move(request),
                     [tls, tell = std::move(done)](http::Response response) mutable {
                       response.fields.push_back({"x-request-id", make_id("req_")});
                       add_security_headers(response, tls);
                       tell(std::move(response));
                     });
  }

  [[nodiscard]] http::Response handle(const http::Request& request) {
    if (!request.path.starts_with("/v1/") && request.path != "/v1") return page(request);
    const auto id = make_id("req_");
    const auto reply = api(request);
    if (!reply) log_refusal(request, reply.error(), id);
    auto response = to_response(reply);
    response.fields.push_back({"x-request-id", id});
    add_security_headers(response, site_.is_tls(request));
    return response;
  }

 private:
  [[nodiscard]] http::Response page(const http::Request& request) const {
    auto response = serve_asset(request);
    add_security_headers(response, site_.is_tls(request));
    return response;
  }

  [[nodiscard]] ApiResult<Reply> api(const http::Request& request) {
    const std::string_view path = request.path;
    if (path.starts_with(kOwnPrefix)) {
      const auto own = path.substr(kOwnPrefix.size());
      if (own == "setup" || own == "session") return sessions_.handle(request, own);
      if (ConsoleEntry::has(own)) return entry_.handle(request, own);
    }
    if (ApiRouter::has(path)) return router_.run(request);
    return refuse(
        Code::kPathNotFound,
        fmt::format("Unknown request URL: {} {}. Check the path; the base URL ends in /v1.",
                    request.method, request.path));
  }

  const Site site_;
  ConsoleSessions sessions_;
  ConsoleEntry entry_;
  ApiRouter router_;
  TokenExchange exchange_;
};

ControlPlane::ControlPlane(Operations& operations, ConsoleOptions options)
    : impl_{std::make_unique<Impl>(operations, std::move(options))} {}

ControlPlane::~ControlPlane() = default;

void ControlPlane::answer(http::Request request, Done done) {
  impl_->answer(std::move(request), std::move(done));
}

http::Response ControlPlane::handle(const http::Request& request) { return impl_->handle(request); }

}  // namespace tg::admin
