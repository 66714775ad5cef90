// SPDX-License-Identifier: Apache-2.0
#include "openai/json.h"

#include "openai/json_document.h"

namespace tg::openai {

bool is_error_body(std::string_view body) {
  const Document document{body};
  if (document.error() != simdjson::SUCCESS || !document.is_object()) return false;
  simdjson::dom::object error;
  return document.object()["error"].get(error) == simdjson::SUCCESS;
}

}  // namespace tg::openai
