// SPDX-License-Identifier: Apache-2.0
#include "cli/list_options.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/folder_access.h"

namespace tg::cli {

std::shared_ptr<ListOptions> add_list_options(CLI::App& command) {
  auto options = std::make_shared<ListOptions>();
  command.add_option("--limit", options->limit, "how many at most")->check(CLI::Range(1, 1'000));
  command.add_option("--after", options->after, "behind this id");
  return options;
}

admin::Json with_page(const ListOptions& options, admin::Json arguments) {
  arguments["limit"] = options.limit;
  if (!options.after.empty()) arguments["after"] = options.after;
  return arguments;
}

void tell_of_more(const admin::Json& list) {
  if (list["has_more"] != true) return;
  fmt::print(stderr, "There are more: --after {}\n", text_of(list["data"].back(), "id"));
}

}  // namespace tg::cli
