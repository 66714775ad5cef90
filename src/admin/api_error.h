// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/error.h"

// What a person or a program did wrong, in words made for them; `base/error.h` has no room for
// words that are built at run time. Never holds a secret.
namespace tg::admin {

// Members keep the order in which they were set: people read these.
using Json = nlohmann::ordered_json;

[[nodiscard]] inline Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

struct ApiError {
  Code code = Code::kInternal;
  std::string message;  // what happened, to what, and what to do next
  std::string param;    // the field that is at fault; empty: none
};

template <typename T>
using ApiResult = std::expected<T, ApiError>;

[[nodiscard]] inline std::unexpected<ApiError> refuse(Code code, std::string message,
                                                      std::string param = {}) {
  return std::unexpected(ApiError{code, std::move(message), std::move(param)});
}

}  // namespace tg::admin
