// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "admin/api_handlers.h"
#include "admin/permissions.h"

// Which operation a method and path name, what it needs, and who does it: OpenAI's Admin API, and
// our own endpoints. There is no other way to a handler, and no row without a permission.
//
// Threading:  pure.
namespace tg::admin {

struct ApiRoute {
  std::string_view method;
  std::string_view path;  // without "/v1/"; "{}" is an id
  Resource resource;
  Access access;
  ApiHandler* handler;           // null: one of the operations that the command line has too
  std::string_view operation{};  // "": the one that the path names
  std::string_view id_field{};   // of the operation: what takes the id from the path
  int status = 200;
  // Of a kPublic route, in place of a handler: what it answers, constant.
  std::string_view (*document)() noexcept = nullptr;
};

inline constexpr std::string_view kOperationsPath = "tollgate/operations/{}";

// All of OpenAI's description and, beyond it, of its SDKs.
[[nodiscard]] std::span<const ApiRoute> organization_routes() noexcept;
// /v1/tollgate/**
[[nodiscard]] std::span<const ApiRoute> tollgate_routes() noexcept;

}  // namespace tg::admin
