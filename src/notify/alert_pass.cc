// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_pass.h"

#include <soci/soci.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "notify/alert_mails.h"
#include "notify/alert_post.h"
#include "notify/alert_rows.h"
#include "notify/alert_state.h"
#include "notify/alerts.h"
#include "notify/credit_notices.h"

namespace tg::notify {
namespace {

using identity::LimitScope;

// The first error of several steps, all of which are tried: one organization that may not send more
// today keeps nobody else from being told.
class Outcome {
 public:
  void add(const Result<int>& done) {
    if (done) {
      mails_ += *done;
    } else if (!error_) {
      error_ = done.error();
    }
  }
  [[nodiscard]] Result<int> result() const {
    if (error_) return std::unexpected(*error_);
    return mails_;
  }

 private:
  int mails_ = 0;
  std::optional<Error> error_;
};

// All that is about one key, owner, project or organization.
class TargetLook {
 public:
  TargetLook(const AlertDesk& desk, WallTime earliest, WallTime now)
      : desk_{desk}, earliest_{earliest}, now_{now} {}

  Result<int> run(const std::string& target_id);

 private:
  [[nodiscard]] Result<int> look(const Alert& alert);
  [[nodiscard]] Result<int> look_in(AlertFacts facts, const std::vector<Threshold>& thresholds);
  [[nodiscard]] Result<int> tell(AlertFacts facts, const std::vector<Threshold>& thresholds);
  [[nodiscard]] Result<void> name_target(AlertFacts& facts);

  const AlertDesk& desk_;
  const WallTime earliest_;
  const WallTime now_;
  std::vector<identity::LimitRecord> limits_;
};

Result<int> TargetLook::run(const std::string& target_id) {
  TG_TRY(const auto alerts, list_alerts(desk_.database, {.target_id = target_id}));
  if (alerts.empty()) return 0;
  TG_TRY(limits_, identity::list_limits(desk_.database, {.target_ids = {target_id}}));
  Outcome outcome;
  for (const auto& alert : alerts) outcome.add(look(alert));
  return outcome.result();
}

Result<int> TargetLook::look(const Alert& alert) {
  AlertFacts facts{.alert = alert, .now = now_};
  std::vector<Threshold> thresholds{{.amount = alert.threshold}};
  auto rule = own_rule();
  if (!alert.limit_id.empty()) {
    const auto found = std::ranges::find_if(
        limits_, [&](const auto& record) { return record.rule.id == alert.limit_id; });
    if (found == limits_.end()) return 0;  // removed meanwhile, and the alert with it
    facts.limit = rule = found->rule;
    thresholds = thresholds_of(alert.percents, rule);
  }
  facts.window = window_of(rule, now_);
  Outcome outcome;
  const auto& begin = facts.window.time.begin;
  // What was let in before this window's beginning belongs to the one before, if the alert was
  // meant for that already.
  if (!facts.window.is_rolling && earliest_ < begin && alert.armed_at < begin) {
    auto before = facts;
    before.window = window_of(rule, begin - std::chrono::milliseconds{1});
    outcome.add(look_in(std::move(before), thresholds));
  }
  outcome.add(look_in(std::move(facts), thresholds));
  return outcome.result();
}

Result<int> TargetLook::look_in(AlertFacts facts, const std::vector<Threshold>& thresholds) {
  TG_TRY(facts.spent, spent_of(desk_.database, facts.alert, facts.limit, facts.window, now_));
  Decision decision;
  TG_TRY_DONE(desk_.database.read([&](soci::session& session) -> Result<void> {
    const auto notices = read_notices(session, facts.alert.id);
    decision = decide(thresholds, facts.spent, notices, facts.window);
    return {};
  }));
  if (decision.reached.empty() && decision.armed.empty()) return 0;
  return tell(std::move(facts), thresholds);
}

Result<void> TargetLook::name_target(AlertFacts& facts) {
  const auto& alert = facts.alert;
  TG_TRY(const auto target, identity::find_limit_target(desk_.database, alert.scope,
                                                        alert.target_id, alert.organization_id));
  TG_TRY(const auto organization,
         identity::find_limit_target(desk_.database, LimitScope::kOrganization,
                                     alert.organization_id));
  facts.target_name = target.name;
  facts.organization_name = organization.name;
  return {};
}

std::vector<Recipient> recipients_of(soci::session& session, const Alert& alert) {
  if (alert.recipients.empty()) {
    return owners_of(session, alert.scope, alert.target_id, alert.organization_id);
  }
  std::vector<Recipient> recipients;
  for (const auto& email : alert.recipients) recipients.push_back({.email = email, .name = {}});
  return recipients;
}

Result<int> TargetLook::tell(AlertFacts facts, const std::vector<Threshold>& thresholds) {
  TG_TRY_DONE(name_target(facts));
  int mails = 0;
  const auto done = desk_.database.write([&](soci::session& session) -> Result<void> {
    const auto& id = facts.alert.id;
    // Somebody else may have looked, or changed it, since it was read: that look is theirs.
    TG_TRY(const auto alert, read_alert(session, id));
    if (alert.armed_at != facts.alert.armed_at) return {};
    facts.alert = alert;
    const auto decision = decide(thresholds, facts.spent, read_notices(session, id), facts.window);
    for (const auto& notice : decision.armed) delete_notice(session, id, notice);
    for (const auto& reached : decision.reached) {
      insert_notice(session, id,
                    {.percent = reached.percent,
                     .window = facts.window.key(now_),
                     .threshold = reached.amount,
                     .spent = facts.spent,
                     .sent_at = now_});
    }
    if (decision.reached.empty()) return {};
    // The window before the one before, and older: nothing is settled in them any more.
    const auto& [begin, end] = facts.window.time;
    if (end != WallTime::max()) delete_old_notices(session, id, begin - 2 * (end - begin));
    facts.reached = decision.reached.back();
    TG_TRY(mails, post_to_all(session, desk_.master_key,
                              {.mail = alert_mail(facts, desk_.console_url),
                               .recipients = recipients_of(session, alert),
                               .organization_id = alert.organization_id},
                              now_));
    return {};
  });
  if (!done && done.error().code != Code::kNotFound) return std::unexpected(done.error());
  return mails;
}

struct Watched {
  std::string target_id;
  std::string scope;
};
Result<std::vector<Watched>> list_watched(store::Database& database) {
  std::vector<Watched> all;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    Watched watched;
    soci::statement select =
        (session.prepare << "SELECT DISTINCT target_id, scope FROM alerts ORDER BY target_id",
         soci::into(watched.target_id), soci::into(watched.scope));
    select.execute();
    while (select.fetch()) all.push_back(watched);
    return {};
  }));
  return all;
}

// What a child key spends, its parent does.
Result<Spending> with_parents(store::Database& database, Spending spending) {
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string parent;
    std::string child;
    soci::statement select =
        (session.prepare << "SELECT k.parent_id, k.id FROM api_keys k WHERE k.parent_id IN"
                            " (SELECT target_id FROM alerts WHERE scope = 'key')",
         soci::into(parent), soci::into(child));
    select.execute();
    while (select.fetch()) {
      const auto found = spending.find(child);
      if (found == spending.end()) continue;
      const auto earliest = found->second;
      auto& of_parent = spending.try_emplace(parent, earliest).first->second;
      of_parent = std::min(of_parent, earliest);
    }
    return {};
  }));
  return spending;
}

}  // namespace

Result<int> look_at_alerts(const AlertDesk& desk, const Spending& spending, WallTime now) {
  Outcome outcome;
  TG_TRY(const auto credits, ledger::credit_owners(desk.database));
  for (const auto& owner : credits) {
    const auto& id = owner.project_id.empty() ? owner.organization_id : owner.project_id;
    if (spending.contains(id)) outcome.add(look_at_credit(desk, owner, now));
  }
  TG_TRY(const auto watched, list_watched(desk.database));
  if (watched.empty()) return outcome.result();
  TG_TRY(const auto spent, with_parents(desk.database, spending));
  for (const auto& [target_id, scope] : watched) {
    const auto found = spent.find(target_id);
    if (found == spent.end()) continue;
    outcome.add(TargetLook{desk, found->second, now}.run(target_id));
  }
  return outcome.result();
}

Result<int> look_at_all_alerts(const AlertDesk& desk, WallTime now) {
  Outcome outcome;
  TG_TRY(const auto credits, ledger::credit_owners(desk.database));
  for (const auto& owner : credits) outcome.add(look_at_credit(desk, owner, now));
  TG_TRY(const auto watched, list_watched(desk.database));
  for (const auto& [target_id, scope] : watched) {
    outcome.add(TargetLook{desk, WallTime::min(), now}.run(target_id));
  }
  return outcome.result();
}

}  // namespace tg::notify
