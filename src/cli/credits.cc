// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

struct Chosen {
  std::string organization;
  std::string project;
  std::string id;
  std::string usd;
  std::string expires;
  std::string reason;
  std::string grant;
  std::string after;
  std::int64_t limit = 100;
  std::int64_t before = 0;
};
using ChosenPointer = std::shared_ptr<Chosen>;

void add_text(Json& arguments, const char* field, const std::string& text) {
  if (!text.empty()) arguments[field] = text;
}

std::vector<std::string> cells(const Json& grant) {
  return {text_of(grant, "id"),
          text_of(grant, grant["project_id"].is_null() ? "organization_id" : "project_id"),
          usd_of(grant, "amount_nanousd"),
          usd_of(grant, "used_nanousd"),
          usd_of(grant, "remaining_nanousd"),
          usd_of(grant, "expired_nanousd"),
          text_of(grant, "status"),
          time_of(grant, "expires_at"),
          text_of(grant, "reason")};
}

void show_grants(const std::vector<std::vector<std::string>>& rows) {
  print_table({"GRANT", "OF", "GRANTED", "USED", "LEFT", "EXPIRED", "STATUS", "ENDS", "REASON"},
              rows);
}

void show_grant(const Json& grant) { show_grants({cells(grant)}); }

void show_list(const Json& answer) {
  if (answer["data"].empty())
    return fmt::print("No credit is shown: calls without it are billed.\n");
  std::vector<std::vector<std::string>> rows;
  for (const auto& grant : answer["data"]) rows.push_back(cells(grant));
  show_grants(rows);
  for (const auto& balance : answer["balances"]) {
    fmt::print("{}: granted {}, used {}, held by running calls {}, left {}\n",
               text_of(balance, balance["project_id"].is_null() ? "organization_id" : "project_id"),
               usd_of(balance, "granted_nanousd"), usd_of(balance, "used_nanousd"),
               usd_of(balance, "held_nanousd"), usd_of(balance, "left_nanousd"));
  }
}

void show_history(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : answer["data"]) {
    rows.push_back({text_of(entry, "sequence"), time_of(entry, "at"), text_of(entry, "kind"),
                    usd_of(entry, "amount_nanousd"), text_of(entry, "debit"),
                    text_of(entry, "credit"), text_of(entry, "call_id"), text_of(entry, "reason")});
  }
  print_table({"NUMBER", "AT", "KIND", "AMOUNT", "FROM", "TO", "CALL", "REASON"}, rows);
}

void add_list(CLI::App& credits, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& list = add_command(credits, invocation, "list", "What was granted, and what is left",
                           "Example:\n  tollgate credits list\n");
  list.add_option("--organization", chosen->organization, "of this one; else your own");
  list.add_option("--project", chosen->project, "what this project has for itself alone");
  list.add_option("--limit", chosen->limit, "how many at most")->check(CLI::Range(1, 1000));
  list.add_option("--after", chosen->after, "older than this grant");
  list.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      Json arguments{{"limit", chosen->limit}};
      add_text(arguments, "organization", chosen->organization);
      add_text(arguments, "project", chosen->project);
      add_text(arguments, "after", chosen->after);
      return run_command(invocation, "list_credits", arguments, show_list);
    };
  });
}

void add_history(CLI::App& credits, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& history = add_command(credits, invocation, "history", "Every entry, the newest first",
                              "Example:\n  tollgate credits history --limit 20\n");
  history.add_option("--organization", chosen->organization, "of this one; else your own");
  history.add_option("--grant", chosen->grant, "of this grant alone");
  history.add_option("--limit", chosen->limit, "how many at most")->check(CLI::Range(1, 1000));
  history.add_option("--before", chosen->before, "with a smaller number than this")
      ->check(CLI::PositiveNumber);
  history.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      Json arguments{{"limit", chosen->limit}};
      add_text(arguments, "organization", chosen->organization);
      add_text(arguments, "grant", chosen->grant);
      if (chosen->before > 0) arguments["before"] = chosen->before;
      return run_command(invocation, "credit_history", arguments, show_history);
    };
  });
}

void add_grant(CLI::App& credits, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& grant =
      add_command(credits, invocation, "grant", "Grant credit to an organization or to a project",
                  "From then on its calls are paid with it, and refused once it is used up.\n\n"
                  "Example:\n  tollgate credits grant 25 --expires 2027-12-31 --reason 'a first "
                  "month'\n  tollgate credits grant 5 --project proj_…\n");
  grant.add_option("usd", chosen->usd, "in US dollars")->required();
  grant.add_option("--organization", chosen->organization, "to this one; else your own");
  grant.add_option("--project", chosen->project, "to this project, for itself alone");
  grant.add_option("--expires", chosen->expires, "a day or an instant to come (UTC); else never");
  grant.add_option("--reason", chosen->reason, "why, for the history");
  grant.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      Json arguments{{"usd", chosen->usd}};
      add_text(arguments, "organization", chosen->organization);
      add_text(arguments, "project", chosen->project);
      add_text(arguments, "expires", chosen->expires);
      add_text(arguments, "reason", chosen->reason);
      return run_command(invocation, "grant_credit", arguments, show_grant);
    };
  });
}

void add_correct(CLI::App& credits, Invocation& invocation) {
  const auto chosen = std::make_shared<Chosen>();
  auto& correct = add_command(credits, invocation, "correct", "Add to a grant, or take some back",
                              "A new entry in the history, which never changes.\n\n"
                              "Example:\n  tollgate credits correct credit_… --usd=-5 --reason 'a "
                              "slip'\n");
  correct.add_option("grant", chosen->id, "its id")->required();
  correct.add_option("--usd", chosen->usd, "in US dollars; -5 takes five back")->required();
  correct.add_option("--reason", chosen->reason, "why")->required();
  correct.callback([&invocation, chosen] {
    invocation.chosen = [&invocation, chosen] {
      return run_command(invocation, "correct_credit",
                         Json{{"id", chosen->id}, {"usd", chosen->usd}, {"reason", chosen->reason}},
                         show_grant);
    };
  });
}

}  // namespace

void add_credits(CLI::App& root, Invocation& invocation) {
  auto& credits = *root.add_subcommand("credits", "Prepaid money of organizations and projects");
  credits.require_subcommand(1);
  add_list(credits, invocation);
  add_grant(credits, invocation);
  add_correct(credits, invocation);
  add_history(credits, invocation);
}

}  // namespace tg::cli
