// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "admin/arguments.h"

// What every command that lists rows page by page takes, and how it says that there are more.
//
// Threading:  one thread.
// Limits:     1 to 1,000 rows, 1,000 where nothing is asked.
namespace tg::cli {

struct ListOptions {
  std::string after;
  int limit = 1'000;
};

[[nodiscard]] std::shared_ptr<ListOptions> add_list_options(CLI::App& command);
[[nodiscard]] admin::Json with_page(const ListOptions& options,
                                    admin::Json arguments = admin::Json::object());
// Where the list has more: what to ask for it.
void tell_of_more(const admin::Json& list);

}  // namespace tg::cli
