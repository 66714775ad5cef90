// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.h"
#include "cli/folder_access.h"
#include "cli/routes_view.h"

namespace tg::cli {
namespace {

using admin::Json;

struct AddOptions {
  std::string name;
  std::string kind = "openai-compatible";
  std::string base_url;
  std::string credential_variable;
  bool without_models = false;
};

// `operation` with what the credential's variable holds; `done` is what is said of the provider.
ExitCode run_with_credential(const Invocation& invocation, const AddOptions& options,
                             std::string_view operation, Json arguments, std::string_view done) {
  arguments["name"] = options.name;
  arguments["fetch_models"] = !options.without_models;
  if (!options.credential_variable.empty()) {
    const auto credential = config::read_secret(options.credential_variable);
    if (!credential) return report_usage(invocation, credential.error());
    if (credential->empty()) {
      return report_usage(invocation,
                          fmt::format("The variable {} is not set, nor is {}_FILE.",
                                      options.credential_variable, options.credential_variable));
    }
    arguments["credential"] = credential->reveal();
  }
  return run_command(invocation, operation, arguments, [done](const Json& provider) {
    fmt::print("{} {} ({}), which lists {} models.\n", done, text_of(provider, "name"),
               text_of(provider, "base_url"), text_of(provider, "listed_models"));
    if (provider.contains("warning")) {
      fmt::print(stderr, "warning: {}\n", text_of(provider, "warning"));
    }
    show_redirections(provider);
  });
}

ExitCode add(const Invocation& invocation, const AddOptions& options) {
  return run_with_credential(invocation, options, "add_provider",
                             {{"kind", options.kind}, {"base_url", options.base_url}}, "Added");
}

ExitCode update(const Invocation& invocation, const AddOptions& options) {
  auto arguments = Json::object();
  if (!options.base_url.empty()) arguments["base_url"] = options.base_url;
  return run_with_credential(invocation, options, "update_provider", std::move(arguments),
                             "Updated");
}

ExitCode test(const Invocation& invocation, const std::string& name) {
  bool works = true;
  const auto ended =
      run_command(invocation, "test_provider", {{"name", name}}, [&](const Json& it) {
        works = it["ok"].get<bool>();
        fmt::print("{} at {}: {}\n", text_of(it, "name"), text_of(it, "base_url"),
                   it.contains("message") ? text_of(it, "message")
                   : it.contains("models")
                       ? fmt::format("works, {} models, {} ms", text_of(it, "models"),
                                     text_of(it, "duration_ms"))
                       : "works");
      });
  return ended == ExitCode::kDone && !works ? ExitCode::kFailed : ended;
}

void show_list(const Json& list) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& provider : list["data"]) {
    rows.push_back(
        {text_of(provider, "name"), text_of(provider, "kind"), text_of(provider, "base_url"),
         provider["has_credential"].get<bool>() ? "sealed" : "none",
         text_of(provider, "listed_models"), provider["keeps_objects"].get<bool>() ? "yes" : "",
         time_of(provider, "created_at")});
  }
  print_table({"NAME", "KIND", "BASE URL", "CREDENTIAL", "MODELS", "KEEPS FILES", "ADDED"}, rows);
}

void add_add(CLI::App& providers, Invocation& invocation) {
  auto& command = add_command(
      providers, invocation, "add", "Add a provider and route the models that it lists",
      "Examples:\n  tollgate providers add openai --base-url https://api.openai.com/v1 "
      "--credential-env OPENAI_API_KEY\n"
      "  tollgate providers add local --base-url http://127.0.0.1:11434/v1\n"
      "The credential is read from the variable, or from the file that VARIABLE_FILE names; it is\n"
      "stored encrypted and never shown.\n");
  const auto options = std::make_shared<AddOptions>();
  command.add_option("name", options->name, "a short name: a-z, 0-9, dot, dash, underscore")
      ->required();
  command.add_option("--kind", options->kind, "openai-compatible");
  command.add_option("--base-url", options->base_url, "its address, up to and with /v1");
  command.add_option("--credential-env", options->credential_variable,
                     "environment variable that holds the credential");
  command.add_flag("--no-fetch", options->without_models,
                   "do not ask for its models; route the catalogue's");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return add(invocation, *options); };
  });
}

void add_update(CLI::App& providers, Invocation& invocation) {
  auto& command =
      add_command(providers, invocation, "update",
                  "Read a provider's list of models again; change its credential or address",
                  "What is open there goes on. Where the provider refuses the credential or cannot "
                  "be reached,\n"
                  "nothing is changed.\n"
                  "Examples:\n  tollgate providers update openai\n"
                  "  tollgate providers update openai --credential-env NEW_OPENAI_KEY\n"
                  "  tollgate providers update local --base-url http://127.0.0.1:8080/v1\n");
  const auto options = std::make_shared<AddOptions>();
  command.add_option("name", options->name, "the provider's name")->required();
  command.add_option("--base-url", options->base_url,
                     "another address; with a provider that has a credential, together with it");
  command.add_option("--credential-env", options->credential_variable,
                     "environment variable that holds the new credential");
  command.add_flag("--no-fetch", options->without_models, "do not ask for its models");
  command.callback([&invocation, options] {
    invocation.chosen = [&invocation, options] { return update(invocation, *options); };
  });
}

}  // namespace

void add_providers(CLI::App& root, Invocation& invocation) {
  auto& providers =
      *root.add_subcommand("providers", "Add, list, test, update and remove providers");
  providers.require_subcommand(1);
  add_add(providers, invocation);
  add_update(providers, invocation);

  auto& list = add_command(providers, invocation, "list", "List the providers",
                           "Example:\n  tollgate providers list\n");
  list.callback([&invocation] {
    invocation.chosen = [&invocation] {
      return run_command(invocation, "list_providers", Json::object(), show_list);
    };
  });

  const auto name = std::make_shared<std::string>();
  auto& test_command = add_command(providers, invocation, "test", "Ask a provider for its models",
                                   "Example:\n  tollgate providers test openai\n");
  test_command.add_option("name", *name, "the provider's name")->required();
  test_command.callback([&invocation, name] {
    invocation.chosen = [&invocation, name] { return test(invocation, *name); };
  });

  auto& keep = add_command(providers, invocation, "keep-files",
                           "Say which provider keeps new files and other objects",
                           "What is there stays where it is; batches go where their file lies.\n"
                           "Example:\n  tollgate providers keep-files openai\n");
  keep.add_option("name", *name, "the provider's name")->required();
  keep.callback([&invocation, name] {
    invocation.chosen = [&invocation, name] {
      return run_command(invocation, "keep_objects", {{"name", *name}}, [](const Json& it) {
        fmt::print("New files and other objects are kept at {}.\n", text_of(it, "name"));
      });
    };
  });

  auto& remove = add_command(providers, invocation, "remove", "Remove a provider and its routes",
                             "Example:\n  tollgate providers remove openai\n");
  remove.add_option("name", *name, "the provider's name")->required();
  remove.callback([&invocation, name] {
    invocation.chosen = [&invocation, name] {
      return run_command(invocation, "remove_provider", {{"name", *name}},
                         [](const Json& it) { fmt::print("Removed {}.\n", text_of(it, "name")); });
    };
  });
}

}  // namespace tg::cli
