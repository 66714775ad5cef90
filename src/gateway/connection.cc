// SPDX-License-Identifier: Apache-2.0
#include "gateway/connection.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/authenticate.h"
#include "gateway/call.h"
#include "gateway/control_call.h"
#include "gateway/metrics_page.h"
#include "gateway/model_list.h"
#include "gateway/refuse.h"
#include "http/write.h"
#include "openai/closed_path.h"
#include "openai/object_path.h"

namespace tg::gateway {
namespace {

bool is_probe(std::string_view path) { return path == "/readyz" || path == "/healthz"; }

http::Response probe_answer(const WorkerContext& context) {
  if (context.draining) return {.status = 503, .fields = {}, .body = "draining\n"};
  if (context.overloaded()) return {.status = 503, .fields = {}, .body = "overloaded\n"};
  const auto& shared = context.shared;
  if (shared.sync != nullptr && !shared.sync->healthy()) {
    // Calls go on unless each of them must be on the disk first.
    return {.status = shared.sync_before_sending ? 503 : 200,
            .fields = {{"content-type", "text/plain"}},
            .body = "the journal cannot be synced to disk\n"};
  }
  return {.status = 200, .fields = {{"content-type", "text/plain"}}, .body = "ok\n"};
}

// Whose key is wrong learns that first, as everywhere.
net::Task<void> refuse_closed(WorkerContext* context, Client* client, const http::RequestHead* head,
                              std::string_view family) {
  const auto caller = authenticate(*context, *client, head->fields);
  const auto message =
      caller.key == nullptr
          ? caller.message
          : fmt::format(
                "Tollgate does not pass calls to {} on: what they cost cannot be metered "
                "here yet. The operator may open what needs no WebSocket at a flat price: "
                "`tollgate routes open`.",
                family);
  auto refusal = refusal_of(caller.key == nullptr ? caller.refusal : Code::kEndpointClosed, head);
  refusal.message = message;
  co_await refuse_request(client, refusal);
}

// False where nothing can follow. Who speaks plain HTTP on a TLS port is told so in plain HTTP.
net::Task<bool> greet(Client* client) {
  if (!client->over_tls()) co_return true;
  auto shaken = co_await client->shake_hands();
  if (shaken) co_return true;
  if (shaken.error().code == Code::kMalformedHttp) {
    const http::Response answer{.status = 400,
                                .fields = {{"content-type", "text/plain"}},
                                .body = "This port speaks TLS: ask it by https://.\n"};
    const auto bytes = http::serialize(answer, false, false);
    auto written = co_await client->write(bytes);
    if (written) co_await client->linger();
  }
  co_return false;
}

// What is made on an opened path of objects is its project's, as anywhere.
openai::ObjectMatch opened_object(openai::ObjectMatch match) {
  match.act = match.id.empty() ? openai::ObjectAct::kMake : openai::ObjectAct::kChange;
  return match;
}

net::Task<bool> serve_request(WorkerContext& context, Client* client,
                              const http::RequestHead* head) {
  const auto endpoint = openai::match_endpoint(head->path);
  if (endpoint && head->method == "POST") {
    Call call{context, *client, *head, *endpoint};
    co_return co_await call.run();
  }
  const auto object = openai::match_object(head->method, head->path);
  if (object && object->match && object->match->act != openai::ObjectAct::kClosed) {
    Call call{context, *client, *head, *object->match};
    co_return co_await call.run();
  }
  const bool reads = head->method == "GET" || head->method == "HEAD";
  const auto snapshot = context.snapshot.get();
  if (const auto* opened = snapshot->find_opened(head->method, head->path)) {
    const auto match =
        object && object->match ? opened_object(*object->match) : openai::ObjectMatch{};
    Call call{context, *client, *head, match, opened, snapshot};
    co_return co_await call.run();
  }
  if (object && object->match) {
    co_await refuse_closed(&context, client, head,
                           openai::path(openai::endpoint_of(object->match->kind)));
    co_return false;
  }
  if (object) {
    auto refusal = refusal_of(Code::kMethodNotAllowed, head);
    refusal.allow = endpoint ? "GET, POST" : object->allow;
    co_await refuse_request(client, refusal);
    co_return false;
  }
  if (endpoint || (is_model_list(head->path) && !reads)) {
    auto refusal = refusal_of(Code::kMethodNotAllowed, head);
    refusal.allow = endpoint ? "POST" : "GET, HEAD";
    co_await refuse_request(client, refusal);
    co_return false;
  }
  if (const auto family = openai::closed_family(head->path); !family.empty()) {
    co_await refuse_closed(&context, client, head, family);
    co_return false;
  }
  if (head->framing == http::Framing::kNone && is_probe(head->path)) {
    const bool keep_alive = head->keep_alive && !context.draining;
    const auto bytes = http::serialize(probe_answer(context), keep_alive, head->method == "HEAD");
    auto written = co_await client->write(bytes);
    co_return written.has_value() && keep_alive;
  }
  if (head->path == kMetricsPath && reads) co_return co_await serve_metrics(context, client, head);
  if (is_model_list(head->path)) {
    co_return co_await serve_models(context, client, head);
  }
  co_return co_await serve_control(context, client, head);
}

// True if another request may follow. The head lies here and not with the connection, which would
// keep its 3 KiB while it idles.
net::Task<bool> serve_next(WorkerContext& context, Client* client) {
  http::RequestHead head;
  auto read = co_await client->read_head(&head);
  if (read) {
    const bool goes_on = co_await serve_request(context, client, &head);
    if (!client->body_flows()) co_return goes_on;
    // Answered before its body was here: a close now would take the answer with it.
    co_await client->linger();
    co_return false;
  }
  if (read.error().code != Code::kClosed) {
    auto refusal = refusal_of(read.error().code, nullptr);
    co_await refuse_request(client, refusal);
  }
  co_return false;
}

}  // namespace

net::Task<void> serve_connection(WorkerContext& context, std::unique_ptr<net::Stream> stream,
                                 std::string peer_address) {
  Client client{context, std::move(stream), std::move(peer_address)};
  const bool greeted = co_await greet(&client);
  if (!greeted) co_return;
  for (;;) {
    auto begun = co_await client.wait_for_request();
    if (!begun) co_return;
    const bool goes_on = co_await serve_next(context, &client);
    if (!goes_on) co_return;
    client.release_request();
  }
}

}  // namespace tg::gateway
