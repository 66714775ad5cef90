// SPDX-License-Identifier: Apache-2.0
// Where a trip ends early: the client is told in OpenAI's form, by the one table of errors.
#include "gateway/refuse.h"

#include <fmt/format.h>

#include "base/ids.h"
#include "base/number_text.h"
#include "gateway/call.h"
#include "http/write.h"
#include "openai/error_table.h"

namespace tg::gateway {
namespace {

// When it makes sense to try again where we are the ones who are busy.
constexpr int kRetryAfterSeconds = 2;
// Official clients ignore a longer one and guess.
constexpr std::int64_t kRetryAfterSecondsMax = 60;
// A minute's window may need a second or two more.
constexpr std::int64_t kWaitSecondsMax = 120;

// As OpenAI's API takes it.
constexpr std::size_t kClientRequestIdBytesMax = 512;

// What a client needs to wait as long as it must, in OpenAI's words.
void append_rate(std::string& out, const ledger::RateState& rate) {
  const auto seconds = (rate.resets_in.count() + 999) / 1000;
  fmt::format_to(std::back_inserter(out), "retry-after: {}\r\nretry-after-ms: {}\r\n",
                 std::min(seconds, kRetryAfterSecondsMax),
                 std::min(rate.resets_in.count(), kRetryAfterSecondsMax * 1000));
  // A day's limit does not open again while a client waits.
  if (seconds > kWaitSecondsMax) out.append("x-should-retry: false\r\n");
  append_rate_fields(out, rate);
}

// Empty where OpenAI's API has no fields for it.
std::string_view field_name(limits::Metric metric) {
  switch (metric) {
    case limits::Metric::kRequests: return "requests";
    case limits::Metric::kTokens: return "tokens";
    case limits::Metric::kImages: return "images";
    default: return {};
  }
}

void append_part(std::string& out, std::int64_t number, std::string_view unit) {
  append_number(out, number);
  out.append(unit);
}

// "20ms", "1s", "6m0s", "24h0m0s": Go's durations, which clients of OpenAI's API parse.
void append_duration(std::string& out, std::chrono::milliseconds time) {
  if (time < std::chrono::seconds{1}) return append_part(out, time.count(), "ms");
  // Rounded up: who waits so long must find it open.
  const auto seconds = (time.count() + 999) / 1000;
  if (seconds >= 3600) append_part(out, seconds / 3600, "h");
  if (seconds >= 60) append_part(out, seconds / 60 % 60, "m");
  append_part(out, seconds % 60, "s");
}

}  // namespace

void append_rate_fields(std::string& out, const ledger::RateState& rate) {
  const auto what = field_name(rate.metric);
  if (what.empty()) return;
  out.append("x-ratelimit-limit-").append(what).append(": ");
  append_number(out, rate.amount);
  out.append("\r\nx-ratelimit-remaining-").append(what).append(": ");
  append_number(out, rate.left);
  out.append("\r\nx-ratelimit-reset-").append(what).append(": ");
  append_duration(out, rate.resets_in);
  out.append("\r\n");
}

ErrorAnswer refusal_of(Code code, const http::RequestHead* head) noexcept {
  ErrorAnswer refusal{};
  refusal.code = code;
  if (head == nullptr) return refusal;
  refusal.head_only = head->method == "HEAD";
  refusal.client_request_id = client_request_id_of(head->fields);
  return refusal;
}

std::string error_answer(const ErrorAnswer& answer) {
  const auto& row = openai::error_row(answer.code);
  const auto body = openai::error_body(
      answer.code, answer.message.empty() ? row.message : answer.message, answer.param);
  std::string out;
  out.reserve(512 + body.size());
  http::append_status_line(out, row.status);
  http::append_field(out, "content-type", "application/json");
  fmt::format_to(std::back_inserter(out), "content-length: {}\r\n", body.size());
  http::append_date(out);
  http::append_field(out, "x-request-id",
                     answer.request_id.empty() ? make_id("req_") : std::string{answer.request_id});
  if (!answer.client_request_id.empty()) {
    http::append_field(out, "x-client-request-id", answer.client_request_id);
  }
  if (!answer.allow.empty()) http::append_field(out, "allow", answer.allow);
  if (row.should_retry) {
    http::append_field(out, "x-should-retry", *row.should_retry ? "true" : "false");
  }
  if (row.status == 503) {
    fmt::format_to(std::back_inserter(out), "retry-after: {}\r\n", kRetryAfterSeconds);
  }
  if (answer.rate) append_rate(out, *answer.rate);
  if (!answer.keep_alive) out.append("connection: close\r\n");
  out.append("\r\n");
  if (!answer.head_only) out.append(body);
  return out;
}

net::Task<void> refuse_request(Client* client, ErrorAnswer answer) {
  const auto bytes = error_answer(answer);
  auto written = co_await client->write(bytes);
  if (written) co_await client->linger();
}

std::string_view client_request_id_of(const http::Fields& fields) noexcept {
  const auto id = fields.find("x-client-request-id");
  const bool visible = std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7f; });
  return visible && id.size() <= kClientRequestIdBytesMax ? id : std::string_view{};
}

bool Call::decline(Code code, std::string message, std::string param) {
  refusal_.code = code;
  refusal_.message = std::move(message);
  refusal_.param = std::move(param);
  return false;
}

bool Call::decline_for(ledger::Refusal refusal) {
  refusal_.rate = refusal.rate;
  refusal_.limit = refusal.limit;
  return decline(refusal.code, std::move(refusal.message), refusal.param);
}

net::Task<bool> Call::refuse() {
  if (refusal_.code == Code::kClosed) co_return false;
  context_.metrics.refusals.at(static_cast<std::size_t>(refusal_.code)).add(1);
  if (id_text_.empty()) id_text_ = make_id("req_");  // so that a person can name what was refused
  declined_ = true;
  auto answer = refusal_of(refusal_.code, &head_);
  answer.message = refusal_.message;
  answer.param = refusal_.param;
  answer.request_id = id_text_;
  answer.rate = refusal_.rate;
  // Who was not asked for a certificate, or has another one by now, is asked by the next
  // connection.
  answer.keep_alive = keep_alive_ && refusal_.code != Code::kCertificateRequired &&
                      (body_read_ || head_.framing == http::Framing::kNone);
  const auto bytes = error_answer(answer);
  auto written = co_await client_.write(bytes);
  if (written && !answer.keep_alive) co_await client_.linger();
  co_return written.has_value() && answer.keep_alive;
}

}  // namespace tg::gateway
