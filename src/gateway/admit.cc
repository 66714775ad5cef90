// SPDX-License-Identifier: Apache-2.0
// Step 3: may it go out? The route, the most it can cost, a hold on every meter above it, and the
// journal's first record. What declines leaves no trace on any meter.
#include <fmt/format.h>

#include "gateway/call.h"
#include "gateway/estimates.h"
#include "ledger/pricing.h"

namespace tg::gateway {
namespace {

struct MeterName {
  Code code;
  std::string_view owner;
};
// In the order of Call::meters_: narrowest first.
constexpr std::array kMeterNames{
    MeterName{Code::kKeySpendLimit, "API key"},
    MeterName{Code::kProjectSpendLimit, "project"},
    MeterName{Code::kOrganizationSpendLimit, "organization"},
};

std::string refusal_message(std::string_view owner, const limits::Meter& meter, NanoUsd bound) {
  const auto [spent, held] = meter.read();
  return fmt::format(
      "The spend limit of this {} is reached: limit {} in total, spent {}, held by running calls "
      "{}, and this call may cost up to {}. A total limit does not reset: ask whoever set it to "
      "raise it.",
      owner, format_usd(meter.limit().value_or(NanoUsd::max())), format_usd(spent),
      format_usd(held), format_usd(bound));
}

}  // namespace

bool Call::admit() {
  snapshot_ = context_.snapshot.get();
  return choose_route() && compute_bound() && hold() && write_down();
}

bool Call::choose_route() {
  // To name no model is one thing, to name null or nothing another.
  if (request_.model.empty() && request_.model_value) {
    return decline(Code::kModelMissing, {}, "model");
  }
  if (request_.model.empty()) {
    request_.model = snapshot_->default_models.at(static_cast<std::size_t>(match_.endpoint));
  }
  route_ = snapshot_->find_route(request_.model);
  if (test()) {
    if (request_.model.empty()) request_.model = "sandbox/default";
    if (route_ != nullptr) model_ = route_->targets.front().model;
    const auto known = snapshot_->models.find(request_.model);
    if (!model_ && known != snapshot_->models.end()) model_ = known->second;
    route_ = nullptr;
    return true;
  }
  if (route_ == nullptr && !snapshot_->has_provider) return decline(Code::kNoProvider);
  if (request_.model.empty()) return decline(Code::kModelMissing, {}, "model");
  if (route_ == nullptr) {
    return decline(Code::kModelNotFound,
                   fmt::format("The model `{}` does not exist or you do not have access to it.",
                               request_.model.substr(0, 128)),
                   "model");
  }
  model_ = route_->targets.front().model;
  if (!model_ || model_->prices.empty()) {
    return decline(Code::kModelUnpriced,
                   fmt::format("The model `{}` has no price here, so Tollgate does not pass calls "
                               "to it. Ask the operator to give it one.",
                               request_.model.substr(0, 128)),
                   "model");
  }
  return true;
}

bool Call::compute_bound() {
  if (test()) return true;
  const auto bound = ledger::bound(*model_, match_.endpoint, request_);
  if (!bound) return decline(bound.error().code, {}, "model");
  held_ = bound->total;

  openai::Usage prompt = estimated_input(*model_, match_.endpoint, request_);
  admission_.prompt_charge = price(prompt);
  prompt.output_text_tokens += kTypicalOutputTokens;
  admission_.interrupted_charge = std::min(price(prompt), held_);
  return true;
}

bool Call::hold() {
  if (test()) return true;
  const std::array<limits::Meter*, 3> wanted{&key_->meter, &key_->project->meter,
                                             &key_->organization->meter};
  for (std::size_t level = 0; level < wanted.size(); ++level) {
    // Tried twice, because another call that is just being undone may have been in the way.
    if (wanted.at(level)->try_hold(held_) || wanted.at(level)->try_hold(held_)) {
      meters_.at(level) = wanted.at(level);
      continue;
    }
    release_holds();
    const auto& named = kMeterNames.at(level);
    return decline(named.code, refusal_message(named.owner, *wanted.at(level), held_));
  }
  return true;
}

void Call::release_holds() noexcept {
  for (auto& meter : meters_) {
    if (meter != nullptr) meter->release(held_);
    meter = nullptr;
  }
}

bool Call::write_down() {
  admission_.at = wall_now();
  admission_.endpoint = match_.endpoint;
  admission_.stream = request_.stream;
  admission_.test = test();
  admission_.key_id = key_->id.text();
  admission_.owner_id = key_->owner_id;
  admission_.project_id = key_->project->id.text();
  admission_.organization_id = key_->organization->id.text();
  admission_.model = request_.model.substr(0, 256);
  admission_.held = held_;
  if (route_ != nullptr) {
    admission_.upstream_model = route_->targets.front().upstream_model;
    admission_.provider_id = route_->targets.front().provider->id.text();
  } else {
    admission_.upstream_model = admission_.model;
    admission_.provider_id = "sandbox";
  }
  const auto id = context_.journal->admit(admission_);
  if (!id) {
    release_holds();
    return decline(id.error().code);
  }
  id_ = *id;
  id_text_ = ledger::format(id_);
  admitted_ = true;
  return true;
}

}  // namespace tg::gateway
