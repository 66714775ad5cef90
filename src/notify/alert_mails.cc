// SPDX-License-Identifier: Apache-2.0
#include "notify/alert_mails.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <string_view>

namespace tg::notify {
namespace {

using identity::LimitScope;
using limits::Period;

std::string_view word_of(LimitScope scope) {
  return scope == LimitScope::kServiceAccount ? "service account" : name(scope);
}

// "project “Apollo”", or its id where the name is no name.
std::string called(LimitScope scope, const std::string& target_name, const std::string& target_id) {
  const auto shown = name_in_mail(target_name, "");
  if (shown.empty()) return fmt::format("{} {}", word_of(scope), target_id);
  return fmt::format("{} \"{}\"", word_of(scope), shown);
}

std::string capitalized(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

// Rounded to a cent, downwards, as long as that says anything: nobody reads nano-dollars in a mail.
std::string usd(NanoUsd amount) {
  constexpr std::int64_t kCent = 10'000'000;
  if (amount.count() < kCent) return format_usd(amount);
  return format_usd(NanoUsd{amount.count() / kCent * kCent});
}

std::string instant(WallTime time, const std::string& time_zone) {
  const auto zone = limits::TimeZone::find(time_zone).value_or(limits::TimeZone{});
  auto text = zone.format(time);
  text[10] = ' ';
  return fmt::format("{} ({})", text.substr(0, 16), time_zone);
}

std::string month_name(WallTime time) {
  return fmt::format("{:%B %Y}", fmt::gmtime(std::chrono::floor<std::chrono::seconds>(time)));
}

// "in November 2026", "per week", "in total"
std::string span_of(const AlertFacts& facts) {
  if (!facts.limit) return "in " + month_name(facts.window.time.begin);
  if (facts.limit->period == Period::kTotal) return "in total";
  return fmt::format("per {}{}", limits::name(facts.limit->period),
                     facts.window.is_rolling ? ", rolling" : "");
}

std::string window_lines(const AlertFacts& facts) {
  const auto zone = facts.limit ? facts.limit->time_zone : std::string{"UTC"};
  const auto& [begin, end] = facts.window.time;
  if (facts.window.is_rolling) {
    return fmt::format("Counted: since {}; what is older leaves all the time\n",
                       instant(begin, zone));
  }
  if (end == WallTime::max()) return "Counted: everything so far; it never resets\n";
  return fmt::format("Counted: since {}\nResets:  {}{}\n", instant(begin, zone), instant(end, zone),
                     end <= facts.now ? ", which is over" : "");
}

std::string page_of(const AlertFacts& facts) {
  switch (facts.alert.scope) {
    case LimitScope::kProject: return "/projects/" + facts.alert.target_id;
    case LimitScope::kKey: return "/keys";
    default: return "/organization";
  }
}

// What it means for calls.
std::string consequence_of(const AlertFacts& facts) {
  if (!facts.limit) return "Calls go on: an alert stops none. Set a limit where they shall stop.";
  if (!facts.limit->hard) return "Calls go on: this limit counts and refuses nothing.";
  if (facts.reached.percent == 100) {
    return "Calls that could go past the limit are refused until it resets or is raised.";
  }
  return "Calls go on until the limit is reached; then they are refused.";
}

std::string once_of(const AlertFacts& facts) {
  if (!facts.limit) {
    return "You get this once a month, and again if the threshold is raised above what is spent.";
  }
  return "You get this once for each percentage and period, and again if the limit is raised above "
         "what is spent.";
}

std::string headline_of(const AlertFacts& facts, const std::string& who) {
  if (!facts.limit) {
    return fmt::format("{} has spent {} {}", who, usd(facts.spent), span_of(facts));
  }
  // At 99 % of a limit that refuses (alert_rules.h).
  const bool is_nearly_all =
      facts.reached.percent == 100 && facts.spent < NanoUsd{facts.limit->amount};
  return fmt::format("{} has spent {} of its limit of {} {}", who,
                     is_nearly_all ? "nearly all" : fmt::format("{}%", facts.reached.percent),
                     usd(NanoUsd{facts.limit->amount}), span_of(facts));
}

std::string told_at(const AlertFacts& facts) {
  if (!facts.limit) return usd(facts.reached.amount);
  return fmt::format("{}% of {} {}", facts.reached.percent, usd(NanoUsd{facts.limit->amount}),
                     span_of(facts));
}

std::string organization_line(const AlertFacts& facts) {
  if (facts.alert.scope == LimitScope::kOrganization) return {};
  return fmt::format(
      "In:      {} ({})\n",
      called(LimitScope::kOrganization, facts.organization_name, facts.alert.organization_id),
      facts.alert.organization_id);
}

}  // namespace

Mail alert_mail(const AlertFacts& facts, const std::string& console_url) {
  const auto& alert = facts.alert;
  const auto who = called(alert.scope, facts.target_name, alert.target_id);
  const auto headline = capitalized(headline_of(facts, who));
  return {.to = {},
          .subject = alert.subject_prefix.empty()
                         ? headline
                         : fmt::format("{} {}", alert.subject_prefix, headline),
          .text = fmt::format(
              "Hello,\n\n{}.\n\nOf:      {} ({})\n{}Spent:   {}\nAlert:   at {}\n{}\n{}\n\n"
              "Usage: {}/usage\nThis alert: {}{}\n\n{} Its id is {}.\n",
              headline, who, alert.target_id, organization_line(facts), usd(facts.spent),
              told_at(facts), window_lines(facts), consequence_of(facts), console_url, console_url,
              page_of(facts), once_of(facts), alert.id)};
}

Mail unpriced_mail(const std::map<std::string, std::string>& calls,
                   const std::string& console_url) {
  const auto subject = calls.size() == 1
                           ? fmt::format("Calls to {} have no price", calls.begin()->first)
                           : fmt::format("Calls to {} models have no price", calls.size());
  std::string models;
  for (const auto& [model, organization_id] : calls) {
    models += fmt::format("{}, called by {}\n", model, organization_id);
  }
  return {.to = {},
          .subject = subject,
          .text = fmt::format(
              "Hello,\n\nnobody has said what these models cost. Their calls were charged at your"
              " ceiling:\n\n{}\nGive each a price, or say that it is free:\n\n"
              "  tollgate prices set MODEL --input USD --output USD\n"
              "  tollgate prices free MODEL\n\nPrices: {}/prices\n",
              models, console_url)};
}

Mail credit_mail(const CreditFacts& facts, const std::string& console_url) {
  const auto who = called(facts.scope, facts.target_name, facts.target_id);
  const bool is_used_up = facts.left <= NanoUsd{};
  const auto headline =
      capitalized(is_used_up ? fmt::format("{} has no credit left", who)
                             : fmt::format("{} has {} of its credit left", who, usd(facts.left)));
  return {.to = {},
          .subject = headline,
          .text = fmt::format(
              "Hello,\n\n{}.\n\nOf:      {} ({})\nLeft:    {}\nGranted: {}\n\n{}\n\nUsage: "
              "{}/usage\n",
              headline, who, facts.target_id, usd(facts.left), usd(facts.granted),
              is_used_up ? "Calls are refused until credit is granted again."
                         : "Calls are refused once it is used up. Whoever runs this Tollgate can "
                           "grant more.",
              console_url)};
}

}  // namespace tg::notify
