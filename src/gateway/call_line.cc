// SPDX-License-Identifier: Apache-2.0
// What the log says of a call, once it is over: handed to the thread that writes it.
#include "gateway/call.h"
#include "gateway/refuse.h"
#include "http/trace_context.h"
#include "openai/error_table.h"

namespace tg::gateway {
namespace {

// A model's name is the client's: what no model is called need not be told whole.
constexpr std::size_t kModelBytesMax = 128;

}  // namespace

void Call::say() noexcept {
  const bool admitted = account_.admitted();
  if (!declined_ && !admitted) return;  // the client went away before it had asked for anything
  // Where calls have no lines, refusals have theirs.
  if (!declined_ && !context_.options.log_calls) return;

  const auto& settlement = account_.settlement();
  CallLine line;
  auto& numbers = line.numbers;
  numbers.at = wall_now();
  numbers.endpoint = match_.endpoint;
  numbers.declined = declined_;
  numbers.why = refusal_.code;
  numbers.status = declined_            ? openai::error_row(refusal_.code).status
                   : account_.waiting() ? answer_status_
                                        : settlement.http_status;
  numbers.stream = request_.stream;
  const auto lasted = std::chrono::steady_clock::now() - begun_at_;
  numbers.duration_us = std::chrono::duration_cast<std::chrono::microseconds>(lasted).count();
  numbers.first_byte_us = first_byte_.count();
  numbers.queued_us = queued_.count();
  numbers.overhead_us = overhead_.count();
  if (admitted) {
    numbers.admitted = true;
    numbers.outcome = settlement.outcome;
    numbers.attempts = attempts_;
    numbers.input_tokens = settlement.usage.input_tokens();
    numbers.output_tokens = settlement.usage.output_tokens();
    numbers.estimated = settlement.usage.source == openai::UsageSource::kEstimated;
    numbers.charge = settlement.charge;
    numbers.goes_on = account_.waiting();
    line.upstream_model = account_.admission().upstream_model;
    line.provider = account_.admission().provider_id;
  }
  if (target_ != nullptr) {
    line.upstream_model = target_->upstream_model;
    line.provider = target_->provider->id.text();
  }
  line.request = id_text_;
  line.model = std::string_view{request_.model}.substr(0, kModelBytesMax);
  if (keeps_caller()) {
    line.client_request = client_request_id_of(head_.fields);
    line.trace = http::trace_id_of(head_.fields);
    line.address = client_.peer_address();
  }
  if (key_ != nullptr) {
    numbers.test = test();
    line.key = key_->id;
    line.project = key_->project == nullptr ? std::string_view{} : key_->project->id.text();
    line.organization = key_->organization->id.text();
  }
  if (!context_.call_lines.add(line)) context_.metrics.log_lines_lost.add(1);
  if (context_.call_lines.half_full()) context_.shared.call_log.hurry();
}

}  // namespace tg::gateway
