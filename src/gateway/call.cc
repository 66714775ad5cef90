// SPDX-License-Identifier: Apache-2.0
#include "gateway/call.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/authenticate.h"
#include "openai/scopes.h"

namespace tg::gateway {
namespace {

std::string missing_scope(openai::Endpoint endpoint) {
  return fmt::format(
      "You have insufficient permissions for this operation. Missing scopes: {}. "
      "The API key is restricted; its owner can allow {}.",
      openai::scope_for(endpoint), openai::path(endpoint));
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
               if (exchange_) exchange_->cancel();
               if (key_revoked_) client_.close();
             }},
      keep_alive_{head.keep_alive && !context.draining} {}

Call::~Call() {
  client_.stop_watching();
  say();
}

net::Task<bool> Call::run() {
  if (context_.overloaded()) {
    (void)decline(Code::kOverloaded);
    co_return co_await refuse();
  }
  auto caller = authenticate(context_.shared, client_, head_.fields);
  if (caller.key == nullptr) {
    (void)decline(caller.refusal, std::move(caller.message));
    co_return co_await refuse();
  }
  key_ = caller.key;
  if (!may_call(*key_, match_.endpoint)) {
    (void)decline(Code::kScopeMissing, missing_scope(match_.endpoint));
    co_return co_await refuse();
  }
  const bool read = co_await read_request();
  if (!read) co_return co_await refuse();
  bool admitted = admit();
  if (!admitted && may_wait()) admitted = co_await wait_in_line();
  if (!admitted) co_return co_await refuse();
  co_return co_await forward();
}

}  // namespace tg::gateway
