// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "store/database.h"

// Paths that no answer tells the cost of, opened by the operator at a flat price a call.
//
// Threading:  control threads.
// Limits:     256 paths of at most 16 segments and 256 bytes.
// Errors:     kDatabase; kFieldInvalid: no such path can be opened, and why.
namespace tg::providers {

struct OpenedPathChoice {
  std::string method;
  std::string path;     // "/v1/videos/{id}"
  ProviderId provider;  // empty: the oldest
  NanoUsd price;
};

[[nodiscard]] Result<std::vector<OpenedPathChoice>> list_opened_paths(store::Database& database);
// In the place of one of the same method and path.
[[nodiscard]] Result<void> open_path(store::Database& database, const OpenedPathChoice& choice);
// kNotFound.
[[nodiscard]] Result<void> close_path(store::Database& database, std::string_view method,
                                      std::string_view path);

}  // namespace tg::providers
