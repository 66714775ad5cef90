// SPDX-License-Identifier: Apache-2.0
// Step 2: what is asked for?
#include <vector>

#include "gateway/call.h"
#include "http/multipart.h"
#include "tokens/audio_duration.h"

namespace tg::gateway {
namespace {

// Where a recording's container does not say how long it is: no codec that people upload goes below
// 8 kbit/s, so a byte is at most a millisecond.
std::int64_t milliseconds_at_most(std::string_view audio) {
  return static_cast<std::int64_t>(audio.size());
}

}  // namespace

net::Task<bool> Call::read_request() {
  if (object_) co_return co_await read_object_request();
  const auto& options = context_.options;
  const bool form = openai::is_multipart(match_.endpoint);
  own_time_.pause();
  auto body = co_await client_.read_body(
      &head_, form ? options.form_body_bytes_max : options.json_body_bytes_max);
  own_time_.go_on();
  if (!body) co_return decline(body.error().code);
  body_read_ = true;
  body_ = *body;
  const bool peeked = form ? peek_form() : peek_json();
  if (!peeked) co_return false;
  if (!match_.model.empty()) request_.model = match_.model;
  co_return true;
}

bool Call::peek_json() {
  auto request = openai::peek_json(match_.endpoint, body_);
  if (!request) return decline(request.error().code, request.error().detail);
  request_ = *std::move(request);
  return true;
}

bool Call::peek_form() {
  const auto boundary = http::boundary_of(head_.fields.find("content-type"));
  if (!boundary) {
    return decline(Code::kBodyMalformed,
                   "This endpoint takes multipart/form-data with a boundary; the request's "
                   "Content-Type names none.");
  }
  boundary_ = *boundary;
  const auto parts = http::parse_multipart(body_, boundary_);
  if (!parts) return decline(Code::kBodyMalformed, "The multipart form is not well-formed.");

  std::vector<openai::FormField> fields;
  std::int64_t audio_ms = 0;
  std::int64_t audio_bytes = 0;
  std::int64_t images = 0;
  for (const auto& part : *parts) {
    if (part.filename.empty()) {
      fields.push_back({part.name, part.body});
    } else if (part.name == "file") {
      audio_bytes += static_cast<std::int64_t>(part.body.size());
      audio_ms += tokens::audio_milliseconds(part.body).value_or(milliseconds_at_most(part.body));
    } else {
      ++images;
    }
  }
  auto request = openai::peek_form(match_.endpoint, fields);
  if (!request) return decline(request.error().code, request.error().detail);
  request_ = *std::move(request);
  request_.input_milliseconds = audio_ms;
  request_.audio_bytes = audio_bytes;
  request_.images += images;
  return true;
}

}  // namespace tg::gateway
