// SPDX-License-Identifier: Apache-2.0
// What a batch will ask, read before it is let in: every line of its file is bounded as the call
// that it is, and all of them together are held.
#include <fmt/format.h>

#include <algorithm>

#include "gateway/call.h"
#include "gateway/control_work.h"
#include "gateway/line_sink.h"
#include "ledger/foresight.h"
#include "ledger/pricing.h"
#include "ledger/training.h"
#include "openai/batch_lines.h"

namespace tg::gateway {
namespace {

constexpr std::string_view kBatchTier = "batch";  // as the catalogue calls its prices
constexpr std::size_t kReferencesMax = 512;

}  // namespace

// The file's lines, as they come.
class Call::BatchLines final : public CountedLines {
 public:
  explicit BatchLines(Call& call)
      : CountedLines{call.context_.options.json_body_bytes_max}, call_{call} {}

 private:
  Result<void> add_line(std::string_view line) override { return call_.add_batch_line(line); }

  Call& call_;
};

net::Task<bool> Call::read_batch_input() {
  const auto asked = openai::read_batch_request(body_);
  if (!asked) co_return decline(asked.error().code, asked.error().detail, "input_file_id");
  const auto endpoint = openai::model_endpoint(asked->endpoint);
  if (!endpoint || !openai::may_be_batched(*endpoint)) {
    co_return decline(Code::kFieldInvalid,
                      fmt::format("Batches cannot ask {}.", asked->endpoint.substr(0, 64)),
                      "endpoint");
  }
  object_->line_endpoint = endpoint;
  object_->input_file_id = asked->input_file_id;
  if (!choose_provider() || !fits_limits()) co_return false;
  BatchLines lines{*this};
  const bool read = co_await read_input(&lines, "input_file_id");
  if (!read) co_return false;
  // What the lines name must be this project's, too.
  co_return request_.references.size() > 1 ? co_await find_named_objects() : true;
}

// The file that the request names in `param`, from its provider.
net::Task<bool> Call::read_input(CountedLines* lines, std::string_view param) {
  const auto path = fmt::format("/files/{}/content", object_->input_file_id);
  exchange_ = make_fetch(context_, object_->target.provider, path, {});
  own_time_.pause();
  auto status = co_await fetch(exchange_.get(), lines);
  own_time_.go_on();
  exchange_.reset();
  auto read = status ? lines->finish() : Result<void>{std::unexpected(status.error())};
  if (read && lines->count() == 0) read = fail(Code::kBodyMalformed, "the file has no lines");
  if (status && *status != 200) {
    co_return decline(Code::kUpstreamProtocol,
                      fmt::format("The provider does not hand out the file `{}`; it answers with "
                                  "status {}.",
                                  object_->input_file_id, *status));
  }
  if (read) co_return true;
  if (object_->declined) co_return false;
  const auto& error = read.error();
  if (error.code == Code::kBodyMalformed || error.code == Code::kBodyNotJson ||
      error.code == Code::kModelUnpriced) {
    co_return decline(
        Code::kFieldInvalid,
        fmt::format("Line {} of `{}`: {}.", lines->count(), object_->input_file_id, error.detail),
        std::string{param});
  }
  co_return decline(error.code);
}

Result<void> Call::add_batch_line(std::string_view text) {
  TG_TRY(auto line, openai::read_batch_line(text));
  if (line.endpoint != *object_->line_endpoint) {
    return fail(Code::kBodyMalformed, "its url is not the batch's endpoint");
  }
  if (request_.model.empty()) {
    request_.model = line.request.model;
    route_ = snapshot_->find_route(request_.model);
    if (route_ == nullptr) return fail(Code::kBodyMalformed, "there is no such model");
    if (!choose_targets()) return fail(Code::kBodyMalformed, "its model is not at its provider");
    if (!check_model() || !choose_work_route()) return stop_reading();
  }
  if (line.request.model != request_.model) {
    return fail(Code::kBodyMalformed, "all lines of a batch must ask the same model");
  }
  TG_TRY_DONE(check_batch_line(line));
  line.request.service_tier = kBatchTier;
  TG_TRY(const auto bound, ledger::bound(*model_, line.endpoint, line.request));
  object_->bound.total += bound.total;
  object_->bound.prompt += bound.prompt;
  object_->bound.input_tokens += bound.input_tokens;
  object_->bound.output_tokens += bound.output_tokens;
  if (const auto own = charge_rule().own_prices(model_->price_id)) {
    TG_TRY(const auto charged, ledger::bound(*own, line.endpoint, line.request));
    auto& sum = object_->charge_bound;
    sum.total += charged.total;
    sum.prompt += charged.prompt;
    sum.input_tokens = object_->bound.input_tokens;
    sum.output_tokens = object_->bound.output_tokens;
  }
  if (std::max(object_->bound.total, object_->charge_bound.total) > ledger::kChargeMax) {
    return fail(Code::kBodyMalformed, "the batch could cost more than a million dollars");
  }
  if (!fits_limits()) return stop_reading();
  for (auto& id : line.request.references) {
    if (std::ranges::find(request_.references, id) == request_.references.end()) {
      request_.references.push_back(std::move(id));
    }
    if (request_.references.size() > kReferencesMax) {
      return fail(Code::kBodyMalformed, "the batch names more than 512 files and other objects");
    }
  }
  return {};
}

// The rest of the file is read for nobody.
Result<void> Call::stop_reading() {
  object_->declined = true;
  return fail(Code::kCancelled);
}

// The lines so far; before the first, a batch that asks next to nothing. Who may wait for a limit
// is asked when all is known.
bool Call::fits_limits() {
  const auto& bound = object_->bound;
  const auto charged = object_->charge_bound.total > NanoUsd{}
                           ? object_->charge_bound.total
                           : bound.at(charge_rule().factor_millionths).total;
  const NanoUsd least{model_ && model_->free ? 0 : 1};
  const limits::Amounts so_far{.money = std::max(charged, least),
                               .tokens = std::max<std::int64_t>(bound.tokens(), 1),
                               .requests = 1};
  const auto model = targets_.empty() ? std::string_view{} : targets_.front().upstream_model;
  const auto now = wall_now();
  const auto refused = ledger::foreseen_refusal(terms().limit_sets(), model, so_far, now);
  if (!refused) return true;
  (void)decline_for(ledger::describe(*refused, now));
  if (!may_wait()) return false;
  refusal_.rate.reset();
  refusal_.limit = nullptr;
  return true;
}

bool Call::choose_work_route() {
  if (targets_.empty()) return decline(Code::kModelMissing, {}, "model");
  request_.service_tier = makes_batch() ? kBatchTier : ledger::kTrainingTier;
  // A batch's lines lie at the provider and cannot be rewritten any more; what makes a job goes up
  // as it came.
  if (targets_.front().upstream_model == request_.model) return true;
  return decline(Code::kFieldInvalid,
                 fmt::format("In a batch or a fine-tuning job a model has its provider's name: "
                             "write `{}`, not `{}`.",
                             targets_.front().upstream_model, request_.model.substr(0, 128)),
                 makes_batch() ? "input_file_id" : "model");
}

}  // namespace tg::gateway
