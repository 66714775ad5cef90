// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A whole request and a whole response, owned: for the control plane, whose bodies are small and
// whose handlers run on another thread than the one that read them. The data plane uses views.
//
// Limits:  the reader bounds the body (1 MiB) before a Request is made.
namespace tg::http {

struct OwnedField {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;
  std::string path;   // decoded, without the query
  std::string query;  // raw, without the question mark
  std::vector<OwnedField> fields;
  std::string body;
  std::string peer_address;  // without port
  bool over_tls = false;

  // The first field of that name, in any case; empty when absent.
  [[nodiscard]] std::string_view field(std::string_view name) const;
  // The cookie's value; empty when absent, or when it stands there twice with different values.
  [[nodiscard]] std::string_view cookie(std::string_view name) const;
  // The query parameter's decoded value.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::vector<OwnedField> fields;
  std::string body;
};

}  // namespace tg::http
