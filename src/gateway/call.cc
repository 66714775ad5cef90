// SPDX-License-Identifier: Apache-2.0
#include "gateway/call.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/authenticate.h"
#include "openai/scopes.h"

namespace tg::gateway {
namespace {

std::string missing_scope(openai::Endpoint endpoint, bool reads) {
  return fmt::format(
      "You have insufficient permissions for this operation. Missing scopes: {}. "
      "The API key is restricted; its owner can allow {}.",
      openai::scope_for(endpoint, reads), openai::path(endpoint));
}

}  // namespace

Call::Call(WorkerContext& context, Client& client, const http::RequestHead& head,
           openai::EndpointMatch match)
    : context_{context},
      client_{client},
      head_{head},
      match_{match},
      begun_at_{std::chrono::steady_clock::now()},
      own_time_{begun_at_},
      account_{*context.journal},
      grace_{context.worker.timers(),
             [this] {
               // By way of the wheel, for what wakes it may end the connection that said so.
               if (place_ != nullptr) return place_->wake();
               if (exchange_ && !outlives_client()) exchange_->cancel();
               if (key_revoked_) client_.close();
             }},
      counts_{context.shared.tokenizers},
      keep_alive_{head.keep_alive && !context.draining} {}

Call::Call(WorkerContext& context, Client& client, const http::RequestHead& head,
           openai::ObjectMatch object, const config::OpenedPath* opened,
           std::shared_ptr<const config::Snapshot> snapshot)
    : Call{context, client, head,
           openai::EndpointMatch{
               opened != nullptr ? openai::Endpoint::kOpened : openai::endpoint_of(object.kind),
               {}}} {
  snapshot_ = std::move(snapshot);
  object_ = std::make_unique<ObjectPart>();
  object_->match = object;
  if (opened == nullptr) return;
  object_->opened = opened;
  object_->bound.total = object_->bound.prompt = opened->price;
}

Call::~Call() {
  client_.stop_watching();
  say();
  if (account_.waiting()) hand_over();
}

net::Task<bool> Call::run() {
  if (context_.overloaded()) {
    (void)decline(Code::kOverloaded);
    co_return co_await refuse();
  }
  auto caller = authenticate(context_, client_, head_.fields);
  if (caller.key == nullptr) {
    (void)decline(caller.refusal, std::move(caller.message));
    co_return co_await refuse();
  }
  key_ = caller.key;
  const bool reads = object_ && !object_->match.writes();
  if (!may_call(*key_,
                reads ? openai::read_bit_of(match_.endpoint) : openai::bit_of(match_.endpoint))) {
    (void)decline(Code::kScopeMissing, missing_scope(match_.endpoint, reads));
    co_return co_await refuse();
  }
  const bool read = co_await read_request();
  if (!read) co_return co_await refuse();
  if (!follow_project_rules()) co_return co_await refuse();
  if (!snapshot_) snapshot_ = context_.snapshot.get();
  if (object_ || !request_.references.empty()) {
    const bool found = co_await find_named_objects();
    if (!found) co_return co_await refuse();
  }
  if (makes_batch()) {
    const bool bounded = co_await read_batch_input();
    if (!bounded) co_return co_await refuse();
  } else if (makes_training()) {
    const bool bounded = co_await read_training_input();
    if (!bounded) co_return co_await refuse();
  }
  bool admitted = admit();
  if (!admitted && may_wait()) admitted = co_await wait_in_line();
  if (!admitted) co_return co_await refuse();
  co_return co_await forward();
}

}  // namespace tg::gateway
