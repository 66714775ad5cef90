// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/key_options.h"

namespace tg::cli {
namespace {

using admin::Json;

std::string list_of(const Json& key, const char* field) {
  std::vector<std::string> items;
  for (const auto& item : key[field]) items.push_back(item.get<std::string>());
  return items.empty() ? "any" : fmt::format("{}", fmt::join(items, ", "));
}

void print_line(const char* what, const std::string& value) {
  fmt::print("{:<14}{}\n", what, value);
}

void show_key(const Json& key) {
  for (const auto& [what, field] : {std::pair{"id", "id"},
                                    {"name", "name"},
                                    {"note", "note"},
                                    {"kind", "kind"},
                                    {"status", "status"},
                                    {"paused by", "pause_reason"},
                                    {"key", "redacted_value"},
                                    {"project", "project_name"},
                                    {"owner", "owner_name"}}) {
    print_line(what, text_of(key, field));
  }
  print_line("created", time_of(key, "created_at"));
  print_line("expires", time_of(key, "expires_at"));
  print_line("last used",
             fmt::format("{} from {} by {}", time_of(key, "last_used_at"),
                         text_of(key, "last_used_address"), text_of(key, "last_used_client")));
  for (const auto* field : {"scopes", "endpoints", "models", "addresses"}) {
    print_line(field, list_of(key, field));
  }
  print_line("spent", usd_of(key, "spent_nanousd"));
  for (const auto& secret : key["former_secrets"]) {
    if (!secret["opens"].get<bool>()) continue;
    print_line("former secret",
               fmt::format("{} opens until {} ({}), last used {}",
                           text_of(secret, "redacted_value"), time_of(secret, "ends_at"),
                           text_of(secret, "id"), time_of(secret, "last_used_at")));
  }
  for (const auto& network : key["networks"]) {
    print_line("network",
               fmt::format("{} since {}, last {}", text_of(network, "network"),
                           time_of(network, "first_seen_at"), time_of(network, "last_seen_at")));
  }
  print_line("child keys", std::to_string(key["child_keys"].size()));
}

void show_leak(const Json& leak) {
  const auto& key = leak["key"];
  const auto& since = leak["since_then"];
  fmt::print("Revoked '{}' ({}), and {} child keys with it. Running streams are cut.\n",
             text_of(key, "name"), text_of(key, "id"), leak["revoked_child_keys"].size());
  fmt::print("Since {} it made {} calls for {}.\n", time_of(leak, "since"),
             since["calls"].get<int>(), usd_of(since, "charge_nanousd"));
  for (const auto& model : since["models"]) {
    fmt::print("  {}: {} calls, {}\n", text_of(model, "model"), model["calls"].get<int>(),
               usd_of(model, "charge_nanousd"));
  }
  for (const auto& network : leak["networks"]) {
    fmt::print("  from {}{}, last {}\n", text_of(network, "network"),
               network["is_new"].get<bool>() ? " (new)" : "", time_of(network, "last_seen_at"));
  }
}

// A command whose only argument is the key's id.
void add_simple(CLI::App& keys, Invocation& invocation, const char* name, const char* meaning,
                const char* operation, const std::function<void(const Json&)>& show) {
  auto& command = add_command(keys, invocation, name, meaning,
                              fmt::format("Example:\n  tollgate keys {} key_4f…\n", name));
  const auto id = std::make_shared<std::string>();
  command.add_option("id", *id, "the key's id")->required();
  command.callback([&invocation, id, operation, show] {
    invocation.chosen = [&invocation, id, operation, show] {
      return run_command(invocation, operation, {{"id", *id}}, show);
    };
  });
}

void add_update(CLI::App& keys, Invocation& invocation) {
  auto& command = add_command(keys, invocation, "update", "Change a key's name or restrictions",
                              "Examples:\n  tollgate keys update key_4f… --model 'gpt-5*'\n"
                              "  tollgate keys update key_4f… --address any --expires-in 30d\n");
  struct Options {
    std::string id;
    std::string name;
    KeyOptions key;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("id", options->id, "the key's id")->required();
  command.add_option("--name", options->name, "what people will call it");
  add_key_options(command, options->key);
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      Json arguments{{"id", options->id}};
      if (!options->name.empty()) arguments["name"] = options->name;
      add_arguments(options->key, arguments);
      return run_command(invocation, "update_key", arguments, [](const Json& key) {
        fmt::print("Changed '{}' ({}).\n", text_of(key, "name"), text_of(key, "id"));
      });
    };
  });
}

void add_rotate(CLI::App& keys, Invocation& invocation) {
  auto& command =
      add_command(keys, invocation, "rotate", "Give a key a new secret and print it, once",
                  "Examples:\n  tollgate keys rotate key_4f…\n"
                  "  tollgate keys rotate key_4f… --grace-seconds 0\n");
  struct Options {
    std::string id;
    std::int64_t grace_seconds = 86'400;
  };
  const auto options = std::make_shared<Options>();
  command.add_option("id", options->id, "the key's id")->required();
  command.add_option("--grace-seconds", options->grace_seconds,
                     "how long the secret until now still opens it (default: a day)");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] {
      return run_command(
          invocation, "rotate_key",
          {{"id", options->id}, {"grace_seconds", options->grace_seconds}}, [](const Json& key) {
            fmt::print("{}\n", text_of(key, "value"));
            fmt::print(stderr,
                       "This is the new secret of '{}' ({}). It is shown this once. "
                       "The one before opens it until {}.\n",
                       text_of(key, "name"), text_of(key, "id"), time_of(key, "former_ends_at"));
          });
    };
  });
}

void add_end_former_secret(CLI::App& keys, Invocation& invocation) {
  auto& command =
      add_command(keys, invocation, "end-former-secret", "End a rotated secret before its time",
                  "Example:\n  tollgate keys end-former-secret key_4f… secret_7a…\n");
  const auto arguments = std::make_shared<std::pair<std::string, std::string>>();
  command.add_option("id", arguments->first, "the key's id")->required();
  command.add_option("secret", arguments->second, "its id; 'keys show' has it")->required();
  command.callback([&invocation, arguments] {
    invocation.chosen = [&invocation, arguments] {
      return run_command(invocation, "end_former_secret",
                         {{"id", arguments->first}, {"secret_id", arguments->second}},
                         [](const Json& key) {
                           fmt::print("Only the present secret opens '{}' ({}) now.\n",
                                      text_of(key, "name"), text_of(key, "id"));
                         });
    };
  });
}

}  // namespace

void add_key_changes(CLI::App& keys, Invocation& invocation) {
  const auto tell = [](const char* what) {
    return [what](const Json& key) {
      fmt::print("{} '{}' ({}).\n", what, text_of(key, "name"), text_of(key, "id"));
    };
  };
  add_simple(keys, invocation, "show", "Everything about one key but the key", "show_key",
             show_key);
  add_update(keys, invocation);
  add_rotate(keys, invocation);
  add_end_former_secret(keys, invocation);
  add_simple(keys, invocation, "pause", "Refuse a key's calls until it is resumed", "pause_key",
             tell("Paused"));
  add_simple(keys, invocation, "resume", "Let a paused key call again", "resume_key",
             tell("Resumed"));
  add_simple(keys, invocation, "leaked",
             "Revoke a key that got out, cut its streams, show what it did", "key_leaked",
             show_leak);
}

}  // namespace tg::cli
