// SPDX-License-Identifier: Apache-2.0
// A call's trip, and what may be said of each of its steps.
#include <fmt/format.h>

#include <algorithm>

#include "ledger/pricing.h"
#include "simulation/simulation.h"
#include "simulation/trace.h"

namespace tg::simulation {
namespace {

using limits::Metric;
using limits::Window;

constexpr std::int64_t kInstalmentTokens = 1024;
constexpr std::int64_t kNoteBytes = 2048;
constexpr int kSureNotes = 32;
// A rate counts in time, rounded up.
constexpr std::int64_t kRateSlack = 2;

bool takes_instalments(const Order& order, const ledger::Bound& bound) {
  return order.request.stream && order.endpoint == openai::Endpoint::kChatCompletions &&
         bound.output_price > 0 && !order.model->reasons;
}

}  // namespace

std::int64_t Simulation::Asked::of(const limits::Rule& rule) const {
  switch (rule.metric) {
    case Metric::kMoney:
      return (rule.trusts_upstream ? bound.with_output(first_output) : untrusted.total).count();
    case Metric::kTokens:
      return rule.trusts_upstream ? bound.input_tokens + first_output : untrusted.tokens();
    default: return 1;
  }
}

Simulation::Asked Simulation::ask(const Order& order) {
  Asked asked;
  asked.untrusted =
      *ledger::bound(*order.model, order.endpoint, order.request, ledger::Trust::kNothing);
  if (life_->target(*order.model).broke_its_word()) {
    asked.bound = asked.untrusted;
    asked.bound.output_price = 0;
  } else {
    asked.bound = *ledger::bound(*order.model, order.endpoint, order.request);
  }
  asked.first_output = takes_instalments(order, asked.bound)
                           ? std::min(kInstalmentTokens, asked.bound.output_tokens)
                           : asked.bound.output_tokens;
  return asked;
}

void Simulation::start_call() {
  auto call = std::make_unique<Running>();
  call->order = world_.draw_order(random_);
  const auto& order = call->order;
  const auto worker =
      static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(life_->workers())));
  auto& account = *(call->account = std::make_unique<ledger::CallAccount>(life_->journal(worker)));
  const auto asked = ask(order);
  const auto now = wall_now();
  std::vector<limits::Reading> before;
  for (const auto& live : limits_) before.push_back(live.limit->read(now));

  const ledger::Terms terms{.model = order.model,
                            .endpoint = order.endpoint,
                            .request = &order.request,
                            .owners = life_->owners(order.key),
                            .target = &life_->target(*order.model)};
  const auto admitted = account.admit(terms, admission_of(order));
  judge_start(order, asked, admitted ? nullptr : &admitted.error(), account, before);
  if (!admitted) {
    ++told_.refusals;
    trace("refused", static_cast<int>(admitted.error().code));
    return;
  }
  ++told_.calls;
  auto& known = oracle_.add(account.id(), account.admission());
  call->number = known.number;
  trace("admitted", known.number, worker, order.key, account.admission().held.count());
  const auto& model_output = asked.bound.output_tokens;
  known.output_max =
      account.output_cap() > 0 ? account.output_cap() * order.request.choices : model_output;
  known.output_price = ledger::bound(*order.model, order.endpoint, order.request)->output_price;
  // An upstream that broke its word may do it again, and is held at the model's limits.
  const auto honest_max =
      account.output_cap() > 0
          ? known.output_max
          : ledger::bound(*order.model, order.endpoint, order.request)->output_tokens;
  call->upstream.emplace(random_, order, honest_max, may_lie_);
  running_.push_back(std::move(call));
}

// Either every limit holds what was asked of it, or one that could not is named and none has
// changed.
void Simulation::judge_start(const Order& order, const Asked& asked, const ledger::Refusal* refusal,
                             const ledger::CallAccount& account,
                             const std::vector<limits::Reading>& before) {
  const auto admission = admission_of(order);
  const auto now = wall_now();
  bool justified = refusal == nullptr || refusal->code == Code::kJournalFull;
  if (justified && refusal != nullptr && healed_ && life_options_.bytes_max > (1U << 20U)) {
    return violate("the journal is full, and nothing stands in its transfer's way");
  }
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const auto& rule = limits_[i].placed.rule;
    const bool covered = limits_[i].placed.covers(admission);
    const auto after = limits_[i].limit->read(now);
    const auto units = asked.of(rule);
    if (covered && refusal != nullptr && limits_[i].limit->refuses()) {
      justified =
          justified || before[i].left() < units + (rule.window == Window::kRate ? kRateSlack : 0);
    }
    if (rule.window == Window::kRate && rule.period != limits::Period::kTotal) continue;
    const auto grown = after.spent + after.held - before[i].spent - before[i].held;
    const bool counts = covered && refusal == nullptr;
    const bool capped = rule.trusts_upstream && account.output_cap() > 0;
    if (counts && capped && rule.metric == Metric::kMoney) {
      if (grown != account.admission().held.count()) violate("a limit holds not what was capped");
    } else if (counts && capped && rule.metric == Metric::kTokens) {
      if (grown <= asked.bound.input_tokens || grown > units) violate("a cap is out of bounds");
    } else if (grown != (counts ? units : 0)) {
      violate(fmt::format("{} holds {} more for a call that asked for {}", rule.id, grown,
                          counts ? units : 0));
    }
  }
  if (!justified) violate("a call was refused that every limit has room for");
}

Simulation::Running* Simulation::any_call() {
  return running_[static_cast<std::size_t>(
                      random_.below(static_cast<std::int64_t>(running_.size())))]
      .get();
}

void Simulation::sweep() {
  std::erase_if(running_, [](const auto& call) { return call->account->settled(); });
}

void Simulation::advance_call(Running& call) {
  if (!call.sent) return send(call);
  if (call.order.request.stream && !call.upstream->ended() &&
      call.upstream->manner() != Manner::kFails) {
    return pass_piece(call);
  }
  if (!call.order.request.stream) call.answer.output_bytes = call.upstream->total_bytes();
  if (call.upstream->manner() == Manner::kFails) call.answer.output_bytes = 0;
  call.upstream->report(random_, call.order, call.answer);
  finish(call, call.upstream->end());
}

void Simulation::send(Running& call) {
  auto& known = oracle_.calls()[static_cast<std::size_t>(call.number)];
  const auto failed =
      ledger::CallAccount::End{.outcome = ledger::Outcome::kUpstreamFailed, .http_status = 502};
  if (random_.chance(5)) return finish(call, failed);  // nobody to connect to
  call.account->sent();
  call.sent = known.sent = true;
  trace("sent", call.number);
  // No call goes out before it is on the disk, where that was promised.
  if (durability_ == Durability::kCall && !sync_step()) finish(call, failed);
}

void Simulation::pass_piece(Running& call) {
  auto& known = oracle_.calls()[static_cast<std::size_t>(call.number)];
  const auto piece = call.upstream->more(random_);
  call.answer.output_bytes += piece;
  const auto now = wall_now();
  bool justified = false;
  for (const auto& live : limits_) {
    const auto& rule = live.placed.rule;
    if (!live.limit->refuses() || !live.placed.covers(known.admission)) continue;
    const auto most = rule.metric == Metric::kMoney
                          ? static_cast<std::int64_t>(static_cast<__int128>(piece) *
                                                      known.output_price / 1'000'000) +
                                3
                          : piece;
    justified = justified || live.limit->read(now).left() < most + kRateSlack ||
                rule.window != Window::kCalendar || known.admission.at < period_of(rule, now).begin;
  }
  if (call.account->pass(call.answer)) {
    trace("cut by a limit", call.number);
    if (!justified) violate("a stream was cut that every limit has room for");
    return finish(call, {.outcome = ledger::Outcome::kLimitReached,
                         .http_status = 200,
                         .produced = true,
                         .duration_ms = 9});
  }
  trace("passed", call.number, call.answer.output_bytes);
  auto& notes = known.notes;
  if (call.order.test || call.answer.output_bytes < notes.bytes + kNoteBytes) return;
  notes.bytes = call.answer.output_bytes;
  if (++notes.count <= kSureNotes) notes.bytes_at_last_sure = notes.bytes;
}

void Simulation::finish(Running& call, ledger::CallAccount::End end) {
  auto& known = oracle_.calls()[static_cast<std::size_t>(call.number)];
  call.account->settle(end, call.answer);
  const auto& settlement = call.account->settlement();
  known.settled = known.counted = true;
  known.outcome = end.outcome;
  known.charge = settlement.charge.count();
  known.tokens = settlement.usage.input_tokens() + settlement.usage.output_tokens();
  trace("settled", call.number, static_cast<int>(end.outcome), known.charge, settlement.flags);
  judge_charge(call);
  const bool lied = (settlement.flags & flag(ledger::EventFlag::kOverBound)) != 0;
  for (auto& live : limits_) {
    if (!live.placed.covers(known.admission)) continue;
    if (lied && live.placed.rule.trusts_upstream) live.excused = true;
    if (known.number < live.first_call) live.excused = true;
  }
}

void Simulation::judge_charge(const Running& call) {
  const auto& settlement = call.account->settlement();
  const auto& usage = settlement.usage;
  if (call.order.test) {
    if (settlement.charge.count() != 0) violate("a test key was charged");
    return;
  }
  const bool capped = (settlement.flags & flag(ledger::EventFlag::kChargeCapped)) != 0;
  if (usage.source == openai::UsageSource::kNone) {
    if (settlement.charge.count() != 0) violate("a charge for nothing");
  } else if (call.order.endpoint == openai::Endpoint::kEmbeddings && usage.output_tokens() > 0) {
    return;  // what has no price is charged at the bound
  } else if (!capped && settlement.charge.count() != cost_of(*call.order.model, usage)) {
    violate(fmt::format("call {} is charged {} for what costs {}", call.number,
                        settlement.charge.count(), cost_of(*call.order.model, usage)));
  }
  const auto& reported = call.answer.usage;
  if (reported.source != openai::UsageSource::kProvider || capped) return;
  if (usage.input_tokens() != reported.input_tokens() ||
      usage.output_tokens() < reported.output_tokens()) {
    violate("less is charged than was reported");
  }
}

void Simulation::abort_call() {
  auto& call = *any_call();
  // What an aborted call's upstream had said by then, if it has said anything.
  if (call.sent && random_.chance(20)) call.upstream->report(random_, call.order, call.answer);
  finish(call, {.outcome = ledger::Outcome::kClientGone,
                .http_status = 499,
                .produced = call.answer.output_bytes > 0,
                .duration_ms = 3});
  sweep();
}

}  // namespace tg::simulation
