// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_watch.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace tg::notify {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRememberedMax = 10'000;
constexpr std::size_t kUnpricedMax = 100;
// At full load a look costs as much as the alerts of those who spend; once a second is early
// enough for a mail.
constexpr auto kPause = 1'000ms;
constexpr auto kPauseAfterError = 30'000ms;

// One of a key's calls in a batch stands for all: they have the owner, project and organization.
struct KeyCalls {
  const ledger::Admission* admission = nullptr;
  WallTime earliest;
};

}  // namespace

AlertWatch::AlertWatch(AlertDesk desk, std::function<void()> on_mail_queued)
    : desk_{std::move(desk)}, on_mail_queued_{std::move(on_mail_queued)} {
  pending_.all = true;
  thread_ = std::thread{[this] { run(); }};
}

AlertWatch::~AlertWatch() { stop(); }

void AlertWatch::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void AlertWatch::Pending::add(const std::string& id, WallTime admitted) {
  if (all) return;
  auto& earliest = spending.try_emplace(id, admitted).first->second;
  earliest = std::min(earliest, admitted);
  if (spending.size() <= kRememberedMax) return;
  all = true;
  spending.clear();
}

void AlertWatch::Pending::add_unpriced(const std::string& model,
                                       const std::string& organization_id) {
  if (unpriced.size() < kUnpricedMax) unpriced.try_emplace(model, organization_id);
}

void AlertWatch::Pending::add(const Pending& others) {
  for (const auto& [model, organization_id] : others.unpriced) {
    add_unpriced(model, organization_id);
  }
  if (others.all) {
    all = true;
    spending.clear();
  }
  for (const auto& [id, admitted] : others.spending) add(id, admitted);
}

void AlertWatch::on_settled(std::span<const ledger::UsageEvent> events) {
  std::map<std::string_view, KeyCalls> keys;
  UnpricedCalls unpriced;
  for (const auto& event : events) {
    const auto& admission = event.admission;
    if (admission.test) continue;
    if ((event.settlement.flags & flag(ledger::EventFlag::kUnpricedModel)) != 0) {
      unpriced.try_emplace(admission.upstream_model, admission.organization_id.str());
    }
    auto& calls =
        keys.try_emplace(admission.key_id.view(), KeyCalls{&admission, admission.at}).first->second;
    calls.earliest = std::min(calls.earliest, admission.at);
  }
  if (keys.empty()) return;
  {
    const std::scoped_lock lock{mutex_};
    for (const auto& [model, organization_id] : unpriced) {
      pending_.add_unpriced(model, organization_id);
    }
    for (const auto& [id, calls] : keys) {
      const auto& of = *calls.admission;
      for (const auto& who : {of.key_id, of.owner_id, of.project_id, of.organization_id}) {
        pending_.add(who.str(), calls.earliest);
      }
    }
  }
  changed_.notify_all();
}

void AlertWatch::look_at(std::span<const std::string> ids) {
  {
    const std::scoped_lock lock{mutex_};
    for (const auto& id : ids) pending_.add(id, wall_now());
  }
  changed_.notify_all();
}

void AlertWatch::run() {
  while (wait_for_pending()) {
    Pending pending;
    {
      const std::scoped_lock lock{mutex_};
      pending = std::exchange(pending_, {});
    }
    const bool done = look(pending);
    const std::scoped_lock lock{mutex_};
    if (!done) pending_.add(pending);
    pause_ = done ? kPause : kPauseAfterError;
  }
}

bool AlertWatch::wait_for_pending() {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, pause_, [this] { return stopping_; });
  changed_.wait(lock, [this] { return stopping_ || pending_.any(); });
  return !stopping_;
}

bool AlertWatch::look(const Pending& pending) {
  const std::array told{
      pending.all ? look_at_all_alerts(desk_) : look_at_alerts(desk_, pending.spending),
      tell_unpriced_calls(desk_, pending.unpriced)};
  int mails = 0;
  bool done = true;
  for (const auto& each : told) {
    mails += each.value_or(0);
    if (each) continue;
    done = false;
    log(LogLevel::kWarning, "alerts not sent; looking again in half a minute",
        {{"why", name(each.error().code)}, {"detail", each.error().detail}});
  }
  // Some may have been queued before the one that could not.
  if (!done || mails > 0) on_mail_queued_();
  if (mails > 0) log(LogLevel::kInfo, "alerts sent", {{"mails", mails}});
  return done;
}

}  // namespace tg::notify
