// SPDX-License-Identifier: Apache-2.0
// What a fine-tuning job will train on, read before it is let in: every line of its file is bounded
// by its bytes, and all of them together are held as often as the job may go through them.
#include <fmt/format.h>

#include <algorithm>

#include "gateway/call.h"
#include "ledger/price_sum.h"
#include "ledger/training.h"
#include "openai/training_request.h"

namespace tg::gateway {
namespace {

using Method = openai::TrainingRequest::Method;

// Of a preference both answers are trained, each perhaps with the prompt that stands there once.
std::int64_t times_trained(Method method) { return method == Method::kDpo ? 2 : 1; }

}  // namespace

// The file's lines, as they come.
class Call::TrainingLines final : public CountedLines {
 public:
  TrainingLines(Call& call, Method method, const ledger::Epochs& epochs)
      : CountedLines{call.context_.options.json_body_bytes_max},
        call_{call},
        times_{times_trained(method)},
        epochs_{epochs} {}

  // Whether what was read so far has a price and fits the limits; once it is whole, how much it is.
  bool bound(bool whole) {
    // Of more examples it may go through fewer times: what is held does not shrink by reading on.
    constexpr std::int64_t kMany = 1'000'000;
    return call_.bound_training(tokens_, ledger::epochs_at_most(epochs_, whole ? count() : kMany));
  }

 private:
  Result<void> add_line(std::string_view text) override {
    TG_TRY(const auto line, openai::read_training_line(text));
    const auto tokens = line.bytes + line.images * ledger::kSeenImageTokensMax;
    tokens_ = ledger::saturating_add(tokens_, times_ * tokens);
    if (!bound(false)) return call_.stop_reading();
    return {};
  }

  Call& call_;
  const std::int64_t times_;
  const ledger::Epochs epochs_;
  std::int64_t tokens_ = 0;
};

net::Task<bool> Call::read_training_input() {
  const auto asked = openai::read_training_request(body_);
  if (!asked) co_return decline(asked.error().code, asked.error().detail);
  if (asked->method == Method::kReinforcement) {
    co_return decline(Code::kEndpointClosed,
                      "Fine-tuning by reinforcement is not open here: it is billed by the hour, "
                      "and no answer tells the hours. Use the method `supervised` or `dpo`.",
                      "method");
  }
  request_.model = asked->model;
  object_->input_file_id = asked->training_file;
  if (!choose_provider()) co_return false;
  if (!choose_route() || !choose_work_route() || !check_model()) co_return false;
  const ledger::Epochs epochs{.named = asked->epochs, .left_open = asked->epochs_left_open};
  TrainingLines lines{*this, asked->method, epochs};
  if (!lines.bound(false)) co_return false;
  if (!co_await read_input(&lines, "training_file")) co_return false;
  co_return lines.bound(true);
}

// What goes through so many tokens so often, by what the provider asks and by what the organization
// pays.
bool Call::bound_training(std::int64_t tokens, std::int64_t epochs) {
  const auto& name = targets_.front().upstream_model;
  const auto cost = ledger::training_bound(*model_, tokens, epochs);
  if (!cost) {
    return decline(cost.error().code,
                   fmt::format("The model `{0}` has no price for training here. The operator gives "
                               "it one, in dollars a million trained tokens: `tollgate prices set "
                               "{0} --price input_text_token,tier=training=USD`.",
                               name),
                   "model");
  }
  object_->bound = *cost;
  if (const auto own = charge_rule().own_prices(model_->price_id)) {
    const auto charged = ledger::training_bound(*own, tokens, epochs);
    if (!charged) {
      return decline(
          charged.error().code,
          fmt::format("Your organization pays prices of its own for the model `{0}`, and "
                      "there is none for training. The operator gives it one: `tollgate "
                      "prices book set --organization {1} --model {0} --price "
                      "input_text_token,tier=training=USD`.",
                      name, key_->organization->id.text()),
          "model");
    }
    object_->charge_bound = *charged;
  }
  if (std::max(object_->bound.total, object_->charge_bound.total) > ledger::kChargeMax) {
    return decline(Code::kFieldInvalid, "The job could cost more than a million dollars.",
                   "training_file");
  }
  return fits_limits();
}

}  // namespace tg::gateway
