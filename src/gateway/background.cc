// SPDX-License-Identifier: Apache-2.0
#include "gateway/background.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "gateway/line_sink.h"
#include "gateway/work_search.h"
#include "ledger/charge_terms.h"
#include "openai/model_name.h"

namespace tg::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto kAskFirst = 1'000ms;
constexpr auto kAskMost = 60'000ms;
// Of an object that its provider does not know: it may be slow to know it.
constexpr int kUnknownMax = 8;
// Of a fine-tuning job that has succeeded and does not say what it trained: it may say it yet.
constexpr int kUntoldMax = 3;
// Of a batch or a job that it does not list, within 20 s: what it has not made by then it will not
// make.
constexpr int kNotListedMax = 6;
constexpr std::size_t kObjectBytesMax = 16 << 20;
constexpr std::size_t kLineBytesMax = 32 << 20;

std::string path_of(const ledger::OpenWork& about) {
  const auto collection = [&]() -> std::string_view {
    switch (about.kind) {
      case openai::ObjectKind::kBatch: return "/batches/";
      case openai::ObjectKind::kFineTuningJob: return "/fine_tuning/jobs/";
      default: return "/responses/";
    }
  }();
  return std::string{collection} + about.object_id;
}

// Adds up what each answer of a batch used, and costs: a long request's dearer tokens are its own.
class BatchSum final : public LineSink {
 public:
  // No `charge_model`: the charge is the cost's.
  BatchSum(const config::Model& model, const config::Model* charge_model, openai::Endpoint endpoint,
           std::string_view tier)
      : LineSink{kLineBytesMax},
        model_{model},
        charge_model_{charge_model == nullptr ? model : *charge_model},
        endpoint_{endpoint},
        tier_{tier} {}

  openai::Answer answer;
  ledger::Money money;
  bool whole = true;  // every answer said what it used

 private:
  Result<void> take_line(std::string_view line) override {
    const auto made = openai::read_batch_result(endpoint_, line);
    if (!made) return {};
    answer.served_model = made->served_model;
    auto usage = made->usage;
    made->tools.add_to(usage, {});
    answer.usage.add(usage);
    if (endpoint_ == openai::Endpoint::kModerations) return {};
    const ledger::PriceQualifiers by{.tier = tier_, .size = made->size};
    const auto cost = ledger::itemize(model_, usage, by);
    const auto charge = ledger::itemize(charge_model_, usage, by);
    whole = whole && cost && charge && usage.source == openai::UsageSource::kProvider;
    if (cost) money.cost += cost->total();
    if (charge) money.charge += charge->total();
    answer.tools.uncounted |= made->tools.uncounted || (cost && cost->incomplete());
    return {};
  }

  const config::Model& model_;
  const config::Model& charge_model_;
  const openai::Endpoint endpoint_;
  const std::string tier_;
};

ledger::Money held_money(const ledger::Admission& admission) {
  return admission.with_cost(admission.held, admission.held_cost);
}

}  // namespace

struct Background::Work {
  Work(ledger::CallAccount moved, WorkFacts known)
      : facts{std::move(known)}, account{std::move(moved)} {
    account.wait_with(terms());
  }
  Work(ledger::Journal& journal, WorkFacts known)
      : facts{std::move(known)}, account{journal, facts.about, terms()} {
    account.wait_with(terms());
  }

  ledger::Terms terms() const {
    auto terms = facts.terms;
    terms.model = facts.model.get();
    terms.charge_model = facts.charge_model.get();
    terms.request = &facts.request;
    return terms;
  }
  void wait_longer() {
    due = std::chrono::steady_clock::now() + interval;
    interval = std::min<std::chrono::milliseconds>(interval * 3 / 2, kAskMost);
  }

  WorkFacts facts;
  ledger::CallAccount account;  // after the facts, which its terms point to
  std::chrono::milliseconds interval = kAskFirst;
  SteadyTime due{};
  int unknown = 0;  // how often the provider did not know it
  int untold = 0;   // how often it did not say what was used, though it had ended
};

Background::Background(WorkerContext& context) : context_{context}, pause_{context.worker} {}
Background::~Background() = default;

void Background::take(ledger::CallAccount account, WorkFacts facts) {
  begin(std::make_unique<Work>(std::move(account), std::move(facts)));
}

void Background::take_again(WorkFacts facts) {
  begin(std::make_unique<Work>(*context_.journal, std::move(facts)));
}

void Background::begin(std::unique_ptr<Work> work) {
  work->wait_longer();
  works_.push_back(std::move(work));
  context_.metrics.open_work.add(1);
  if (ended_) return;
  if (asking_) return pause_.wake();
  asking_ = true;
  context_.worker.post([this] { net::start(run()); });
}

void Background::end() noexcept {
  ended_ = true;
  if (exchange_) exchange_->cancel();
  pause_.wake();
}

net::Task<void> Background::run() {
  while (!ended_ && !works_.empty()) {
    const auto next = std::ranges::min_element(
        works_, {}, [](const std::unique_ptr<Work>& work) { return work->due; });
    auto* const work = next->get();
    if (work->due > std::chrono::steady_clock::now()) {
      co_await pause_.until(work->due);
      continue;  // another may be due before it now
    }
    co_await ask_after(work);
    exchange_.reset();
    if (!work->account.settled()) {
      work->wait_longer();
      continue;
    }
    context_.metrics.open_work.add(-1);
    std::erase_if(works_, [work](const auto& one) { return one.get() == work; });
  }
  asking_ = false;
}

net::Task<void> Background::ask_after(Work* work) {
  const auto& about = work->facts.about;
  auto provider = context_.snapshot.get()->find_provider(about.provider_id);
  if (!provider) {
    settle_unknown(*work, "its provider was removed");
    co_return;
  }
  if (about.kind == openai::ObjectKind::kFile) {
    co_return co_await look_for_work(work, std::move(provider));
  }
  const auto path = path_of(about);
  exchange_ = make_fetch(context_, std::move(provider), path, {});
  WholeBody body{kObjectBytesMax};
  const auto status = co_await fetch(exchange_.get(), &body);
  if (ended_ || !status) co_return;
  if (*status == 404 && ++work->unknown >= kUnknownMax) {
    settle_unknown(*work, "its provider does not know it any more");
  }
  if (*status != 200) co_return;
  work->unknown = 0;
  auto facts = openai::read_object(body.bytes);
  if (!facts || !openai::has_ended(facts->status)) co_return;
  if (about.kind == openai::ObjectKind::kBatch) {
    co_await settle_batch(work, *std::move(facts));
  } else if (about.kind == openai::ObjectKind::kFineTuningJob) {
    settle_training(*work, *facts);
  } else {
    settle_response(*work, body.bytes, *facts);
  }
}

// The answer to its making was not heard, so neither was its name; nor whether it was made at all.
net::Task<void> Background::look_for_work(Work* work,
                                          std::shared_ptr<const config::Provider> provider) {
  auto& about = work->facts.about;
  const auto search = co_await search_work(&context_, std::move(provider), &about, &exchange_);
  if (ended_ || !search) co_return;
  if (!search->object_id.empty()) {
    about.kind = sought_kind(about);
    about.object_id = search->object_id;
    work->interval = kAskFirst;
    work->unknown = 0;
    keep(*work, about.kind, about.object_id, about.admission.at);
    log(LogLevel::kInfo, "work whose making was not answered is there",
        {{"call", ledger::format(work->account.id())},
         {"kind", openai::name(about.kind)},
         {"object", about.object_id}});
    co_return;
  }
  const bool refused = search->status >= 400 && search->status < 500 && search->status != 429;
  if (search->status != 200 && !refused) co_return;  // later
  if (++work->unknown < kNotListedMax) co_return;
  if (search->status == 200 && search->complete) {
    settle(*work, {}, "failed", ledger::Money{});
  } else {
    settle_unknown(*work, "its provider does not tell whether it has begun");
  }
}

// The output's lines say what each request used. Where they cannot be read, the batch says what all
// used together; where it does not, what was held is charged.
net::Task<void> Background::settle_batch(Work* work, openai::ObjectFacts facts) {
  const auto& about = work->facts.about;
  const bool made_something = !facts.output_file_id.empty();
  if (!made_something || work->facts.model == nullptr) {
    keep_files(*work, facts);
    openai::Answer answer;
    answer.usage = facts.usage;
    settle(*work, answer, facts.status,
           made_something ? held_money(about.admission) : ledger::Money{});
    co_return;
  }
  auto provider = context_.snapshot.get()->find_provider(about.provider_id);
  if (!provider) co_return;
  const auto path = "/files/" + facts.output_file_id + "/content";
  exchange_ = make_fetch(context_, std::move(provider), path, {});
  const auto endpoint =
      openai::model_endpoint(facts.endpoint).value_or(openai::Endpoint::kChatCompletions);
  const auto* charge_model = work->facts.charge_model.get();
  BatchSum sum{*work->facts.model, charge_model, endpoint, about.tier};
  const auto status = co_await fetch(exchange_.get(), &sum);
  if (ended_) co_return;
  const bool gone = status && *status >= 400 && *status < 500 && *status != 429;
  if (!gone && (!status || *status != 200)) co_return;  // later
  (void)sum.finish();                                   // no line of it refuses
  keep_files(*work, facts);
  if (!gone && sum.whole) {
    auto money = sum.money;
    if (charge_model == nullptr) {
      money.charge = ledger::charge_at(money.cost, about.admission.charge_factor_millionths);
    }
    settle(*work, sum.answer, facts.status, money);
  } else if (facts.usage.source == openai::UsageSource::kProvider) {
    openai::Answer answer;
    answer.usage = facts.usage;
    settle(*work, answer, facts.status, std::nullopt);
  } else {
    settle(*work, {}, facts.status, held_money(about.admission));
  }
}

// `trained_tokens` is "the total number of billable tokens processed" (OpenAI's description of a
// job): a job that failed or was cancelled and has none was not billed.
void Background::settle_training(Work& work, const openai::ObjectFacts& facts) {
  const auto& admission = work.facts.about.admission;
  const bool untold = facts.status == "succeeded" && !facts.trained_tokens;
  if (untold && ++work.untold < kUntoldMax) return;
  keep_files(work, facts);
  if (untold) {
    log(LogLevel::kError,
        "a fine-tuning job does not say what it trained; it is charged what was held for it",
        {{"call", ledger::format(work.account.id())}, {"object", facts.id}});
    return settle(work, {}, facts.status, held_money(admission));
  }
  if (!facts.trained_tokens) return settle(work, {}, facts.status, ledger::Money{});
  openai::Answer answer;
  answer.usage.source = openai::UsageSource::kProvider;
  answer.usage.input_text_tokens = *facts.trained_tokens;
  const bool priced = work.facts.model != nullptr || *facts.trained_tokens == 0;
  settle(work, answer, facts.status, priced ? std::nullopt : std::optional{held_money(admission)});
}

void Background::settle_response(Work& work, const std::string& body,
                                 const openai::ObjectFacts& facts) {
  openai::Answer answer;
  answer.keeps = openai::Kept::kAll;
  openai::read_answer(openai::Endpoint::kResponses, body, answer);
  for (const auto& part : answer.parts) keep(work, part.kind, part.id, wall_now());
  std::optional<ledger::Money> money;
  // It was stopped, and what it had made until then is not told.
  const bool stopped = facts.status == "cancelled" || facts.status == "canceled";
  if (stopped && answer.usage.source != openai::UsageSource::kProvider) {
    const auto& admission = work.facts.about.admission;
    money = admission.with_cost(admission.interrupted_charge, admission.interrupted_cost);
  }
  settle(work, answer, facts.status, money);
}

void Background::settle_unknown(Work& work, std::string_view why) {
  log(LogLevel::kError, "work upstream is lost; its call is charged what it was held for",
      {{"call", ledger::format(work.account.id())},
       {"object", work.facts.about.object_id},
       {"why", why}});
  settle(work, {}, "failed", held_money(work.facts.about.admission));
}

void Background::settle(Work& work, const openai::Answer& answer, std::string_view status,
                        std::optional<ledger::Money> known) {
  const auto& about = work.facts.about;
  const auto lasted =
      std::chrono::duration_cast<std::chrono::milliseconds>(wall_now() - about.admission.at);
  const bool failed = status == "failed";
  const ledger::CallAccount::End end{
      .outcome = failed ? ledger::Outcome::kUpstreamError : ledger::Outcome::kCompleted,
      .http_status = 200,
      .produced = !failed,
      .duration_ms = std::max<std::int64_t>(0, lasted.count()),
      .mismatch = !answer.served_model.empty() &&
                  !openai::is_same_model(about.admission.upstream_model, answer.served_model)};
  const auto settled = work.account.settle_late(end, answer, known);
  if (!settled) {
    log(LogLevel::kError, "work that has ended cannot be settled yet",
        {{"call", ledger::format(work.account.id())}, {"why", name(settled.error().code)}});
    return;
  }
  context_.metrics.note(about.admission.endpoint, work.account.settlement());
  log(LogLevel::kInfo, "work upstream has ended",
      {{"call", ledger::format(work.account.id())},
       {"kind", openai::name(about.kind)},
       {"object", about.object_id},
       {"status", status},
       {"charge_nanousd", work.account.settlement().charge.count()}});
}

// A batch's output and errors, and a job's results, belong to whoever made it.
void Background::keep_files(const Work& work, const openai::ObjectFacts& facts) {
  for (const auto& id : facts.files) keep(work, openai::ObjectKind::kFile, id, wall_now());
}

void Background::keep(const Work& work, openai::ObjectKind kind, const std::string& id,
                      WallTime at) {
  const auto& about = work.facts.about;
  const ledger::StoredObject object{.kind = kind,
                                    .id = id,
                                    .project_id = about.admission.project_id,
                                    .organization_id = about.admission.organization_id,
                                    .key_id = about.admission.key_id,
                                    .provider_id = about.provider_id,
                                    .at = at};
  if (context_.journal->add_object(object)) return;
  log(LogLevel::kError, "what work upstream has made cannot be kept for its project",
      {{"kind", openai::name(kind)}, {"id", id}});
}

}  // namespace tg::gateway
