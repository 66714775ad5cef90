// SPDX-License-Identifier: Apache-2.0
// Step 3: may it go out? The route, the most it can cost, a hold on every limit above it, and the
// journal's first record. What declines leaves no trace on any limit.
#include <fmt/format.h>

#include "gateway/authenticate.h"
#include "gateway/call.h"

namespace tg::gateway {

bool Call::admit() {
  // Both again, for others may have come while the body did, or a certificate have been activated.
  if (context_.overloaded()) return decline(Code::kOverloaded);
  if (auto fault = certificate_fault(context_, client_, *key_)) {
    return decline(Code::kCertificateRequired, *std::move(fault));
  }
  if (makes_work()) return choose_work_route() && check_model() && reserve_in_turn();
  if (object_) return choose_provider() && reserve_in_turn();
  return choose_route() && check_model() && reserve_in_turn();
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
  return choose_targets();
}

// Only the provider that has what the request names can answer it.
bool Call::choose_targets() {
  targets_ = route_->targets;
  if (!pinned_provider_.empty()) {
    const auto pinned = std::ranges::find_if(targets_, [this](const config::Target& target) {
      return target.provider->id.text() == pinned_provider_;
    });
    if (pinned == targets_.end()) {
      return decline(Code::kBodyMalformed,
                     fmt::format("What the request names lives at another provider than the model "
                                 "`{}`.",
                                 request_.model.substr(0, 128)),
                     "model");
    }
    targets_ = {pinned, 1};
  }
  model_ = targets_.front().model;
  if (!model_ || (model_->prices.empty() && !model_->free)) {
    return decline(Code::kModelUnpriced,
                   fmt::format("The model `{}` has no price here, so Tollgate does not pass calls "
                               "to it. Ask the operator to give it one: `tollgate prices set`.",
                               request_.model.substr(0, 128)),
                   "model");
  }
  return true;
}

bool Call::check_model() {
  // What a retired name leads to is the operator's choice; what is denied is denied by any name.
  const auto rules = key_->project->rules.load(std::memory_order_acquire);
  if (model_ && model_->searches && rules.denies(keys::HostedTool::kWebSearch)) {
    return decline(Code::kForbidden,
                   fmt::format("The model `{}` searches the web for every answer, and project `{}` "
                               "is not allowed to use the hosted tool `web_search`.",
                               request_.model.substr(0, 128), key_->project->id.text()),
                   "model");
  }
  const bool may_ask = may_use_model(*key_, request_.model);
  const auto* models = key_->project->models.load(std::memory_order_acquire);
  const bool may_reach = route_ == nullptr || models == nullptr || models->is_allow_list ||
                         models->allows(targets_.front().upstream_model);
  if (may_ask && may_reach) return true;
  return decline(Code::kModelNotAllowed,
                 fmt::format("Project `{}`, or this API key, does not have access to model `{}`.",
                             key_->project->id.text(), request_.model.substr(0, 128)),
                 "model");
}

bool Call::reserve() {
  if (!targets_.empty() && !object_) {
    counts_.about(targets_.front().upstream_model, match_.endpoint, request_, body_);
  }
  auto holding = terms();
  if (!test() && !object_) holding.input_counter = &counts_;
  auto admitted = account_.admit(holding, admission());
  if (!admitted) return decline_for(std::move(admitted).error());
  id_text_ = ledger::format(account_.id());
  return true;
}

// Who comes later does not overtake who waits for the same limit.
bool Call::reserve_in_turn() {
  if (test() || context_.waiting.empty()) return reserve();
  const auto awaited = context_.waiting.awaited(terms().limit_sets());
  if (!awaited) return reserve();
  const auto now = wall_now();
  const limits::Refused refused{.limit = awaited->limit,
                                .level = awaited->level,
                                .reading = awaited->limit->read(now),
                                .asked = 1};
  return decline_for(ledger::describe(refused, now));
}

ledger::Terms Call::terms() const {
  ledger::Terms terms{
      .model = model_.get(),
      .endpoint = match_.endpoint,
      .request = &request_,
      .owners = {&key_->limits, &key_->owner->limits, &key_->project->limits,
                 &key_->organization->limits, &key_->project->paying_credit(),
                 key_->parent == nullptr ? nullptr : &key_->parent->limits},
      .target = targets_.empty() ? nullptr : targets_.front().state.get(),
      .other_targets = targets_.empty() ? targets_ : targets_.subspan(1),
  };
  if (object_) terms.bound = object_->bound;
  if (test()) return terms;
  const auto& rule = charge_rule();
  terms.charge_factor_millionths = rule.factor_millionths;
  if (model_) terms.charge_model = rule.own_prices(model_->price_id).get();
  if (object_ && terms.charge_model != nullptr) terms.charge_bound = object_->charge_bound;
  terms.only_delivered = snapshot_->charge_books.only_delivered(key_->organization->id.text());
  return terms;
}

const config::ChargeRule& Call::charge_rule() const {
  const auto model = targets_.empty() ? std::string_view{} : targets_.front().upstream_model;
  return snapshot_->charge_books.rule(key_->organization->id.text(), model);
}

ledger::Admission Call::admission() const {
  ledger::Admission admission;
  admission.endpoint = match_.endpoint;
  admission.stream = request_.stream;
  admission.test = test();
  admission.key_id = key_->id;
  admission.owner_id = key_->owner->id;
  admission.project_id = key_->project->id.text();
  admission.organization_id = key_->organization->id.text();
  admission.credit_of =
      key_->project->has_credit() ? ledger::CreditOf::kProject : ledger::CreditOf::kOrganization;
  admission.model = request_.model;
  if (!targets_.empty()) {
    admission.upstream_model = targets_.front().upstream_model;
    admission.provider_id = targets_.front().provider->id.text();
  } else {
    admission.upstream_model = admission.model;
    admission.provider_id = "sandbox";
  }
  return admission;
}

}  // namespace tg::gateway
