// SPDX-License-Identifier: Apache-2.0
#include "gateway/control_call.h"

#include <utility>

#include "base/secret_bytes.h"
#include "gateway/authenticate.h"
#include "gateway/refuse.h"
#include "gateway/reply.h"
#include "http/url.h"
#include "http/write.h"

namespace tg::gateway {
namespace {

http::Request own(const http::RequestHead& head, std::string_view body, const Client& client) {
  http::Request request;
  request.method = head.method;
  request.path = http::percent_decode(head.path).value_or(std::string{head.path});
  request.query = head.query;
  for (const auto& field : head.fields) {
    request.fields.push_back({std::string{field.name}, std::string{field.value}});
  }
  request.body = body;
  request.peer_address = client.peer_address();
  request.over_tls = client.over_tls();
  return request;
}

net::Task<bool> refuse(Client* client, const http::RequestHead* head, Code code,
                       std::string message = {}) {
  auto refusal = refusal_of(code, head);
  refusal.message = message;
  co_await refuse_request(client, refusal);
  co_return false;
}

}  // namespace

net::Task<bool> serve_control(WorkerContext& context, Client* client,
                              const http::RequestHead* head) {
  if (auto fault = certificate_fault(context, *client, head->fields)) {
    co_return co_await refuse(client, head, Code::kCertificateRequired, *std::move(fault));
  }
  const auto& options = context.options;
  auto body = co_await client->read_body(head, options.control_body_bytes_max);
  if (!body) co_return co_await refuse(client, head, body.error().code);

  Reply<http::Response> reply{context.worker};
  if (!context.shared.control.submit(own(*head, *body, *client), reply.giver())) {
    co_return co_await refuse(client, head, Code::kOverloaded);
  }
  auto* response = co_await reply.until(std::chrono::steady_clock::now() + options.control_timeout);
  if (response == nullptr) co_return co_await refuse(client, head, Code::kOverloaded);

  const bool keep_alive = head->keep_alive && !context.draining;
  auto bytes = http::serialize(*response, keep_alive, head->method == "HEAD");
  auto written = co_await client->write(bytes);
  wipe(bytes);  // it may show a new key
  wipe(response->body);
  co_return written.has_value() && keep_alive;
}

}  // namespace tg::gateway
