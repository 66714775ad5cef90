// SPDX-License-Identifier: Apache-2.0
// What peek_json accepts can be rewritten, and the result is accepted with the new model in it.
#include "base/result.h"
#include "openai/request_peek.h"

namespace tg::openai {

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const auto endpoint = static_cast<Endpoint>(data[0] % kEndpointCount);
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto peek = peek_json(endpoint, body);
  if (!peek) return 0;
  TG_CHECK(peek->choices >= 1 && peek->images >= 0 && peek->input_bytes >= 0);
  TG_CHECK(peek->output_tokens_max.value_or(0) >= 0);
  const auto out = rewrite_json(body, *peek, {.model = "m\"", .include_usage = true});
  const auto again = peek_json(endpoint, out);
  TG_CHECK(again && again->model == "m\"" && again->usage_wanted);
  TG_CHECK(again->stream == peek->stream && again->choices == peek->choices);
  return 0;
}

}  // namespace tg::openai
