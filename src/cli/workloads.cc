// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "cli/commands.h"
#include "cli/folder_access.h"

namespace tg::cli {
namespace {

using admin::Json;

constexpr std::size_t kKeysFileBytesMax = 512UL << 10;

struct ProviderOptions {
  std::string name, issuer, audience, description, discovery_url, keys_file;
  std::vector<std::string> attributes;  // "namespace=claims.ns"
  bool disabled = false;
};

struct RuleOptions {
  std::string provider_id, account_id, project_id, name, description;
  std::vector<std::string> matches;  // "repository=acme/site"
  std::vector<std::string> scopes;
  bool disabled = false;
};

using Pair = std::pair<std::string, std::string>;

// Nothing where there is no name or no '='.
std::optional<Pair> split(const std::string& text) {
  const auto at = text.find('=');
  if (at == 0 || at == std::string::npos) return std::nullopt;
  return Pair{text.substr(0, at), text.substr(at + 1)};
}

void add_text(Json& arguments, const char* field, const std::string& text) {
  if (!text.empty()) arguments[field] = text;
}

ExitCode add_provider(const Invocation& invocation, const ProviderOptions& options,
                      const std::function<void(const Json&)>& show) {
  Json arguments{
      {"name", options.name}, {"issuer", options.issuer}, {"audience", options.audience}};
  add_text(arguments, "description", options.description);
  if (options.disabled) arguments["enabled"] = false;
  if (!options.discovery_url.empty()) {
    arguments["verification"] = {{"type", "discovery"}, {"discovery_url", options.discovery_url}};
  }
  if (!options.keys_file.empty()) {
    const auto text = read_file(options.keys_file, kKeysFileBytesMax);
    auto keys = Json::parse(text.value_or(""), nullptr, /*allow_exceptions=*/false);
    if (!keys.is_object()) {
      return report_usage(invocation, fmt::format("'{}' cannot be read, is larger than 512 KiB, or "
                                                  "is no JSON object with keys.",
                                                  options.keys_file));
    }
    arguments["verification"] = {{"type", "uploaded_jwks"}, {"jwks", std::move(keys)}};
  }
  for (const auto& attribute : options.attributes) {
    const auto parts = split(attribute);
    if (!parts) return report_usage(invocation, "Write an attribute as NAME=EXPRESSION.");
    arguments["attribute_transformations"].push_back(
        Json{{"attribute", parts->first}, {"expression", parts->second}});
  }
  return run_command(invocation, "add_workload_provider", arguments, show);
}

// "run=7" is a text, as nearly all claims are; "run:=7" a number, and ":=true" a flag.
bool add_match(Json& matchers, const std::string& match) {
  auto parts = split(match);
  if (!parts) return false;
  auto& [name, value] = *parts;
  if (!name.ends_with(':')) {
    matchers[name] = value;
    return true;
  }
  name.pop_back();
  auto typed = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (name.empty() || typed.is_discarded()) return false;
  matchers[name] = std::move(typed);
  return true;
}

ExitCode add_rule(const Invocation& invocation, const RuleOptions& options,
                  const std::function<void(const Json&)>& show) {
  Json arguments{{"provider_id", options.provider_id}, {"service_account_id", options.account_id}};
  add_text(arguments, "project_id", options.project_id);
  add_text(arguments, "name", options.name);
  add_text(arguments, "description", options.description);
  if (options.disabled) arguments["enabled"] = false;
  if (!options.scopes.empty()) {
    arguments["permissions"] = {{"type", "restricted"}, {"scopes", options.scopes}};
  }
  auto matchers = Json::object();
  for (const auto& match : options.matches) {
    if (add_match(matchers, match)) continue;
    return report_usage(invocation,
                        "Write what a token must have as NAME=TEXT, or NAME:=7 and NAME:=true.");
  }
  arguments["attribute_matchers"] = std::move(matchers);
  return run_command(invocation, "add_federation_rule", arguments, show);
}

std::string state_of(const Json& each) { return each.value("enabled", false) ? "yes" : "no"; }

void show_providers(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& provider : list["data"]) {
    rows.push_back({text_of(provider, "id"), text_of(provider, "name"), text_of(provider, "issuer"),
                    text_of(provider, "audience"), text_of(provider["verification"], "type"),
                    state_of(provider), time_of(provider, "created_at")});
  }
  print_table({"ID", "NAME", "ISSUER", "AUDIENCE", "KEYS", "ENABLED", "CREATED"}, rows);
}

// "ref=refs/heads/main, run:=7", as `add` takes them.
std::string matches_of(const Json& rule) {
  std::string text;
  for (const auto& [name, value] : rule["attribute_matchers"].items()) {
    if (!text.empty()) text += ", ";
    text += value.is_string() ? name + "=" + value.get<std::string>() : name + ":=" + value.dump();
  }
  return text;
}

void show_rules(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& rule : list["data"]) {
    rows.push_back({text_of(rule, "id"), text_of(rule, "name"), text_of(rule, "service_account_id"),
                    text_of(rule, "project_id"), matches_of(rule), state_of(rule),
                    time_of(rule, "created_at")});
  }
  print_table({"ID", "NAME", "SERVICE ACCOUNT", "PROJECT", "MATCHES", "ENABLED", "CREATED"}, rows);
}

void show_added(const Json& added) { fmt::print("{}\n", text_of(added, "id")); }

void show_removed(const Json& removed) {
  fmt::print("Removed: {}. Its access tokens have ended.\n", text_of(removed, "id"));
}

void show_enabled(const Json& changed) { fmt::print("Enabled: {}.\n", text_of(changed, "id")); }

void show_disabled(const Json& changed) {
  fmt::print("Disabled: {}. Its access tokens have ended.\n", text_of(changed, "id"));
}

// `options` outlive the parsing.
template <typename Options, typename Act>
void choose(CLI::App& command, Invocation& invocation, const std::shared_ptr<Options>& options,
            Act act) {
  command.callback([&invocation, options, act] {
    invocation.chosen = [&invocation, options, act] { return act(invocation, *options); };
  });
}

void add_add(CLI::App& workloads, Invocation& invocation) {
  auto& command = add_command(
      workloads, invocation, "add", "Trust an issuer's tokens; prints the provider's id",
      "A rule says which of them act as which service account.\n\nExamples:\n"
      "  tollgate workloads add --name 'GitHub Actions' \\\n"
      "    --issuer https://token.actions.githubusercontent.com \\\n"
      "    --audience https://tollgate.example.com\n"
      "  tollgate workloads add --name cluster --issuer https://kubernetes.default.svc \\\n"
      "    --audience https://tollgate.example.com --keys-file jwks.json \\\n"
      "    --attribute \"namespace=claims['kubernetes.io'].namespace\"\n");
  const auto options = std::make_shared<ProviderOptions>();
  command.add_option("--name", options->name, "what people will call it")->required();
  command.add_option("--issuer", options->issuer, "the tokens' iss, to the letter: https://…")
      ->required();
  command.add_option("--audience", options->audience, "the tokens' aud: your Tollgate's address")
      ->required();
  command.add_option("--description", options->description, "for people");
  auto& keys = *command.add_option_group("keys",
                                         "where the issuer's keys are (default: asked of "
                                         "it)");
  keys.add_option("--discovery-url", options->discovery_url, "its openid-configuration elsewhere");
  keys.add_option("--keys-file", options->keys_file, "these keys and no others: a JWKS file");
  keys.require_option(0, 1);
  command.add_option("--attribute", options->attributes,
                     "NAME=EXPRESSION: an attribute derived from claims, for rules to match");
  command.add_flag("--disabled", options->disabled, "take none of its tokens yet");
  choose(command, invocation, options, [](const Invocation& chosen, const ProviderOptions& given) {
    return add_provider(chosen, given, show_added);
  });
}

void add_list(CLI::App& workloads, Invocation& invocation) {
  auto& command = add_command(workloads, invocation, "list", "List the issuers that are trusted",
                              "Example:\n  tollgate workloads list\n");
  command.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return run_command(invocation, "list_workload_providers", Json::object(), show_providers);
    };
  });
}

void add_switch(CLI::App& workloads, Invocation& invocation, bool enabled) {
  const std::string name{enabled ? "enable" : "disable"};
  auto& command = add_command(
      workloads, invocation, name,
      enabled ? "Take an issuer's tokens again"
              : "Take none of an issuer's tokens; its access tokens end at once, its rules stay",
      fmt::format("Example:\n  tollgate workloads {} wip_4f…\n", name));
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "the provider's id, as 'tollgate workloads list' shows it")
      ->required();
  choose(command, invocation, id, [enabled](const Invocation& chosen, const std::string& given) {
    return run_command(chosen, "change_workload_provider", {{"id", given}, {"enabled", enabled}},
                       enabled ? show_enabled : show_disabled);
  });
}

void add_remove(CLI::App& workloads, Invocation& invocation) {
  auto& command =
      add_command(workloads, invocation, "remove",
                  "Trust an issuer no more: its rules go, their access tokens end at once",
                  "Example:\n  tollgate workloads remove wip_4f…\n");
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "the provider's id, as 'tollgate workloads list' shows it")
      ->required();
  choose(command, invocation, id, [](const Invocation& chosen, const std::string& given) {
    return run_command(chosen, "remove_workload_provider", {{"id", given}}, show_removed);
  });
}

void add_rules_add(CLI::App& rules, Invocation& invocation) {
  auto& command = add_command(
      rules, invocation, "add", "Let some of an issuer's tokens act as a service account",
      "A token must have everything that is named. Never leave out what tells yours from everybody "
      "else's.\n\nExamples:\n"
      "  tollgate workloads rules add wip_4f… --service-account svc_acct_2b… \\\n"
      "    --match repository=acme/site --match ref=refs/heads/main\n"
      "  tollgate workloads rules add wip_4f… --service-account svc_acct_2b… --name cart \\\n"
      "    --match sub=system:serviceaccount:shop:cart --scope api.model.request\n");
  const auto options = std::make_shared<RuleOptions>();
  command.add_option("provider", options->provider_id, "the provider's id")->required();
  command.add_option("--service-account", options->account_id, "whom they act as: its id")
      ->required();
  command
      .add_option("--match", options->matches,
                  "NAME=TEXT, NAME:=NUMBER or NAME:=true: a claim or attribute, and its value")
      ->required();
  command.add_option("--project", options->project_id, "the service account's (default: found)");
  command.add_option("--name", options->name, "what people will call it; its key's name");
  command.add_option("--description", options->description, "for people");
  command.add_option("--scope", options->scopes, "only these, as of keys (default: all)");
  command.add_flag("--disabled", options->disabled, "let nobody in yet");
  choose(command, invocation, options, [](const Invocation& chosen, const RuleOptions& given) {
    return add_rule(chosen, given, show_added);
  });
}

void add_rules_list(CLI::App& rules, Invocation& invocation) {
  auto& command =
      add_command(rules, invocation, "list", "List a provider's rules, the oldest first",
                  "Example:\n  tollgate workloads rules list wip_4f…\n");
  const auto options = std::make_shared<RuleOptions>();
  command.add_option("provider", options->provider_id, "the provider's id")->required();
  command.add_option("--service-account", options->account_id, "only this one's");
  choose(command, invocation, options, [](const Invocation& chosen, const RuleOptions& given) {
    Json arguments{{"provider_id", given.provider_id}};
    add_text(arguments, "service_account_id", given.account_id);
    return run_command(chosen, "list_federation_rules", arguments, show_rules);
  });
}

void add_rules_switch(CLI::App& rules, Invocation& invocation, bool enabled) {
  const std::string name{enabled ? "enable" : "disable"};
  auto& command = add_command(
      rules, invocation, name,
      enabled ? "Let in whom a rule lets in again" : "Let nobody in by a rule; who is in is out",
      fmt::format("Example:\n  tollgate workloads rules {} wip_4f… wifr_6e…\n", name));
  const auto ids = std::make_shared<Pair>();
  command.add_option("provider", ids->first, "the provider's id")->required();
  command.add_option("id", ids->second, "the rule's id, as 'rules list' shows it")->required();
  choose(command, invocation, ids, [enabled](const Invocation& chosen, const Pair& given) {
    return run_command(chosen, "change_federation_rule",
                       {{"provider_id", given.first}, {"id", given.second}, {"enabled", enabled}},
                       enabled ? show_enabled : show_disabled);
  });
}

void add_rules_remove(CLI::App& rules, Invocation& invocation) {
  auto& command = add_command(rules, invocation, "remove",
                              "Remove a rule: its access tokens end, their streams are cut",
                              "Example:\n  tollgate workloads rules remove wip_4f… wifr_6e…\n");
  const auto ids = std::make_shared<Pair>();
  command.add_option("provider", ids->first, "the provider's id")->required();
  command.add_option("id", ids->second, "the rule's id, as 'rules list' shows it")->required();
  choose(command, invocation, ids, [](const Invocation& chosen, const Pair& given) {
    return run_command(chosen, "remove_federation_rule",
                       {{"provider_id", given.first}, {"id", given.second}}, show_removed);
  });
}

}  // namespace

void add_workloads(CLI::App& root, Invocation& invocation) {
  auto& workloads =
      *root.add_subcommand("workloads", "Let jobs and pods in by the tokens of their own platform");
  workloads.require_subcommand(1);
  add_add(workloads, invocation);
  add_list(workloads, invocation);
  for (const bool enabled : {true, false}) add_switch(workloads, invocation, enabled);
  add_remove(workloads, invocation);
  auto& rules = *workloads.add_subcommand("rules", "Which tokens act as which service account");
  rules.require_subcommand(1);
  add_rules_add(rules, invocation);
  add_rules_list(rules, invocation);
  for (const bool enabled : {true, false}) add_rules_switch(rules, invocation, enabled);
  add_rules_remove(rules, invocation);
}

}  // namespace tg::cli
