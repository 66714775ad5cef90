// SPDX-License-Identifier: Apache-2.0
// Step 6: the actual charge takes the reservation's place, on every meter and in the journal.
// The provider's own usage wins; what it does not say is estimated, and marked so.
#include "base/log.h"
#include "gateway/call.h"
#include "gateway/estimates.h"
#include "ledger/pricing.h"

namespace tg::gateway {
namespace {

// Speech at an ordinary pace: fifteen characters and twenty audio tokens a second.
constexpr std::int64_t audio_tokens_of(std::int64_t characters) { return characters * 4 / 3 + 1; }

}  // namespace

void Call::settle(ledger::Outcome outcome, int http_status) {
  TG_CHECK(admitted_ && !settled_);
  settled_ = true;
  ledger::Settlement settlement;
  settlement.outcome = outcome;
  settlement.http_status = http_status;
  settlement.served_model = answer_.served_model;
  settlement.usage = settled_usage(outcome);
  const auto charged = price(settlement.usage);
  if (test()) {
    settlement.would_have_cost = would_have_cost_ = charged;
  } else {
    settlement.cost = settlement.charge = charge_ = charged;
  }
  settlement.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                               std::chrono::steady_clock::now() - begun_at_)
                               .count();
  for (auto* meter : meters_) {
    if (meter != nullptr) meter->settle(held_, charge_);
  }
  context_.journal->settle(id_, admission_, settlement);
}

openai::Usage Call::settled_usage(ledger::Outcome outcome) const {
  if (answer_.usage.source == openai::UsageSource::kProvider) return answer_.usage;
  const bool produced = head_sent_ || outcome == ledger::Outcome::kCompleted ||
                        answer_.output_bytes > 0 || answer_.images > 0;
  if (!produced || match_.endpoint == openai::Endpoint::kModerations) return {};
  return estimated_output(answer_.output_bytes);
}

// The request's input and so much of an answer.
openai::Usage Call::estimated_output(std::int64_t output_bytes) const {
  static const config::Model kUnpriced;
  const auto& model = model_ ? *model_ : kUnpriced;
  auto usage = estimated_input(model, match_.endpoint, request_);
  switch (match_.endpoint) {
    case openai::Endpoint::kEmbeddings: break;
    case openai::Endpoint::kImageGenerations:
    case openai::Endpoint::kImageEdits:
    case openai::Endpoint::kImageVariations:
      usage.output_images = answer_.images;
      if (priced_by(model, config::Unit::kOutputImage)) {
        usage.source = openai::UsageSource::kCounted;
      }
      break;
    case openai::Endpoint::kSpeech:
      if (priced_by(model, config::Unit::kInputCharacter)) {
        usage.source = openai::UsageSource::kCounted;
      } else {
        usage.output_audio_tokens = audio_tokens_of(request_.input_characters);
      }
      break;
    case openai::Endpoint::kTranscriptions:
    case openai::Endpoint::kTranslations:
      if (priced_by(model, config::Unit::kInputSecond)) {
        usage.source = openai::UsageSource::kCounted;
        break;
      }
      [[fallthrough]];
    default: usage.output_text_tokens = estimated_tokens(output_bytes); break;
  }
  return usage;
}

NanoUsd Call::price(const openai::Usage& usage) const {
  if (!model_ || usage.source == openai::UsageSource::kNone) return {};
  ledger::PriceQualifiers qualifiers;
  qualifiers.tier = request_.service_tier;
  qualifiers.size = request_.size;
  qualifiers.quality = request_.quality;
  const auto charge = ledger::charge(*model_, usage, qualifiers);
  if (charge) return *charge;
  // A unit without a price is never free: what was held for the call is the most it can be.
  log(LogLevel::kWarning, "unit without a price", {{"call", id_text_}, {"model", model_->name}});
  return held_;
}

ledger::Outcome Call::outcome_of(Code code) const noexcept {
  if (key_revoked_) return ledger::Outcome::kKeyRevoked;
  if (client_gone_) return ledger::Outcome::kClientGone;
  if (code == Code::kUpstreamTruncated && head_sent_) return ledger::Outcome::kUpstreamTruncated;
  return answer_status_ == 0 || !head_sent_ ? ledger::Outcome::kUpstreamFailed
                                            : ledger::Outcome::kUpstreamTruncated;
}

}  // namespace tg::gateway
