// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/invocation.h"

// The flags that say what a key may do: of `keys create` and `keys update`.
//
// Threading:  the main thread.
namespace tg::cli {

struct KeyOptions {
  std::string note;
  std::string expires_in;  // "30d", "12h", "never"
  std::string preset;
  std::vector<std::string> scopes;
  std::vector<std::string> endpoints;
  std::vector<std::string> models;
  std::vector<std::string> addresses;
};

void add_key_options(CLI::App& command, KeyOptions& options);
// Only what was given. "any" in place of a list takes the restriction away.
void add_arguments(const KeyOptions& options, admin::Json& arguments);

// Changes to a key that is there: show, update, rotate, pause, resume, leaked.
void add_key_changes(CLI::App& keys, Invocation& invocation);

}  // namespace tg::cli
