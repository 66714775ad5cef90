// SPDX-License-Identifier: Apache-2.0
#include "gateway/control_call.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/secret_bytes.h"
#include "gateway/refuse.h"
#include "http/url.h"
#include "http/write.h"

namespace tg::gateway {
namespace {

// Shared with the control thread, which may answer after the deadline has passed.
struct Waiting {
  explicit Waiting(net::Worker& worker) : pause{worker} {}
  net::Pause pause;
  std::optional<http::Response> response;
};

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

net::Task<bool> refuse(Client* client, const http::RequestHead* head, Code code) {
  auto refusal = refusal_of(code, head);
  co_await refuse_request(client, refusal);
  co_return false;
}

}  // namespace

net::Task<bool> serve_control(WorkerContext& context, Client* client,
                              const http::RequestHead* head) {
  const auto& options = context.options;
  auto body = co_await client->read_body(head, options.control_body_bytes_max);
  if (!body) co_return co_await refuse(client, head, body.error().code);

  auto waiting = std::make_shared<Waiting>(context.worker);
  ControlPool::Done done = [waiting, &worker = context.worker](http::Response response) {
    worker.post([waiting, answered = std::move(response)]() mutable {
      waiting->response = std::move(answered);
      waiting->pause.wake();
    });
  };
  if (!context.shared.control.submit(own(*head, *body, *client), std::move(done))) {
    co_return co_await refuse(client, head, Code::kOverloaded);
  }
  co_await waiting->pause.until(std::chrono::steady_clock::now() + options.control_timeout);
  if (!waiting->response) co_return co_await refuse(client, head, Code::kOverloaded);

  const bool keep_alive = head->keep_alive && !context.draining;
  auto bytes = http::serialize(*waiting->response, keep_alive, head->method == "HEAD");
  auto written = co_await client->write(bytes);
  wipe(bytes);  // it may show a new key
  wipe(waiting->response->body);
  co_return written.has_value() && keep_alive;
}

}  // namespace tg::gateway
