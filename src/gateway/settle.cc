// SPDX-License-Identifier: Apache-2.0
// Step 6: the actual charge takes the reservation's place, on every limit and in the journal.
#include "gateway/call.h"
#include "gateway/compare_tokens.h"

namespace tg::gateway {

void Call::settle(ledger::Outcome outcome, int http_status) {
  ended_ = true;
  if (goes_on()) return go_on();
  count_tokens();
  const auto elapsed = std::chrono::steady_clock::now() - begun_at_;
  const auto served = served_model();
  const ledger::CallAccount::End end{
      .outcome = outcome,
      .http_status = http_status,
      .produced = head_sent_ || outcome == ledger::Outcome::kUpstreamTruncated,
      .duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count(),
      .mismatch = served.mismatch,
      .served = served.prices.get(),
      .delivered_bytes = client_gone_ ? std::optional{delivered_bytes_} : std::nullopt,
  };
  if (is_unheard()) {
    account_.settle_unheard(end);
  } else {
    account_.settle(end, answer_);
  }
  count(std::chrono::duration_cast<std::chrono::microseconds>(elapsed));
}

// Where the provider has not said what was used, it will not any more.
void Call::count_tokens() {
  if (object_ || answer_.usage.source == openai::UsageSource::kProvider) return;
  answer_.output_tokens_counted = counts_.output();
  if (answer_.output_tokens_counted) answer_.input_tokens_counted = counts_.exact_input();
}

// A share of the chats of text, beside what is counted here.
void Call::compare_tokens() {
  const auto& shared = context_.shared;
  const bool comparable = match_.endpoint == openai::Endpoint::kChatCompletions &&
                          target_ != nullptr && !request_.tools && request_.choices == 1 &&
                          answer_.usage.source == openai::UsageSource::kProvider &&
                          body_.size() <= ReportedChat::kBytesMax &&
                          answer_body_.size() <= ReportedChat::kBytesMax;
  if (!comparable || shared.tokenizers == nullptr || shared.token_drift == nullptr) return;
  if (context_.calls_until_compared > 0) {
    --context_.calls_until_compared;
    return;
  }
  context_.calls_until_compared = TokenDrift::kOneCallIn - 1;
  ReportedChat chat{.model = target_->upstream_model,
                    .body = std::string{body_},
                    .answer = answer_body_,
                    .usage = answer_.usage};
  // Where control threads have no time for it, the next one is compared.
  (void)shared.control.submit(
      [chat = std::move(chat), tokenizers = shared.tokenizers, drift = shared.token_drift] {
        gateway::compare_tokens(*tokenizers, chat, *drift);
      });
}

// The prices of another target than the first are its own.
ServedModel Call::served_model() const {
  if (target_ == nullptr || object_) return {};
  auto served = find_served(*snapshot_, *target_, request_.model, answer_.served_model);
  if (!served.mismatch && target_->model != model_) served.prices = target_->model;
  return served;
}

// Its answer was not the end, whoever of client and key has gone meanwhile.
bool Call::goes_on() const noexcept {
  if (!begins_work()) return false;
  return answer_.id.empty() ? makes_work() && is_unheard() : answer_.goes_on;
}

// The upstream may have begun work and has not told its name. What it refused, it did not begin.
bool Call::is_unheard() const noexcept {
  if (!begins_work() || !exchange_ || !exchange_->sent() || !answer_.id.empty()) return false;
  // Of a batch or job that a server failed to make we can ask, of a response we cannot.
  if (answer_status_ >= 400) return makes_work() && answer_status_ >= 500;
  return answer_.goes_on || !answer_.finished;
}

void Call::go_on() {
  context_.metrics.running_calls.add(-1);
  account_.go_on(work());
}

ledger::OpenWork Call::work() const {
  ledger::OpenWork work;
  work.kind = makes_work() ? object_->match.kind : openai::ObjectKind::kResponse;
  work.object_id = answer_.id;
  if (answer_.id.empty()) {
    work.kind = openai::ObjectKind::kFile;
    work.object_id = object_->input_file_id;
  }
  work.provider_id = target_->provider->id.text();
  work.tier = request_.service_tier;
  return work;
}

// The connection goes on with other calls; this one's account waits elsewhere.
void Call::hand_over() {
  WorkFacts facts{.about = work(), .request = {}, .model = model_, .terms = terms()};
  facts.charge_model = charge_rule().own_prices(model_ ? model_->price_id : 0);
  facts.about.id = account_.id();
  facts.about.admission = account_.admission();
  facts.request = std::move(request_);
  facts.terms.target = nullptr;  // may go with its snapshot, as the others
  facts.terms.other_targets = {};
  context_.background->take(std::move(account_), std::move(facts));
}

void Call::count(std::chrono::microseconds duration) noexcept {
  auto& metrics = context_.metrics;
  metrics.running_calls.add(-1);
  metrics.note(match_.endpoint, account_.settlement());
  metrics.endpoints.at(static_cast<std::size_t>(match_.endpoint)).duration.note(duration);
}

ledger::Outcome Call::outcome_of(Code code) const noexcept {
  if (key_revoked_) return ledger::Outcome::kKeyRevoked;
  if (client_gone_) return ledger::Outcome::kClientGone;
  if (code == Code::kUpstreamTruncated && head_sent_) return ledger::Outcome::kUpstreamTruncated;
  return answer_status_ == 0 || !head_sent_ ? ledger::Outcome::kUpstreamFailed
                                            : ledger::Outcome::kUpstreamTruncated;
}

}  // namespace tg::gateway
