// SPDX-License-Identifier: Apache-2.0
// Step 2: what is asked for?
#include "gateway/call.h"

namespace tg::gateway {

net::Task<bool> Call::read_request() {
  if (object_) co_return co_await read_object_request();
  if (openai::is_multipart(match_.endpoint)) {
    const bool read = co_await read_form();
    if (!read) co_return false;
  } else {
    own_time_.pause();
    auto body = co_await client_.read_body(&head_, context_.options.json_body_bytes_max);
    own_time_.go_on();
    if (!body) co_return decline(body.error().code);
    body_read_ = true;
    body_ = *body;
    if (!peek_json()) co_return false;
  }
  if (!match_.model.empty()) request_.model = match_.model;
  co_return true;
}

bool Call::peek_json() {
  auto request = openai::peek_json(match_.endpoint, body_);
  if (!request) return decline(request.error().code, request.error().detail);
  request_ = *std::move(request);
  return true;
}

}  // namespace tg::gateway
