// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "providers/sandbox.h"

// The first byte chooses endpoint and stream; the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
  tg::openai::RequestPeek peek;
  peek.stream = (data[0] & 0x80) != 0;
  const tg::providers::SandboxRequest request{
      .endpoint = static_cast<tg::openai::Endpoint>(data[0] % tg::openai::kEndpointCount),
      .path = {},
      .content_type = "multipart/form-data; boundary=b",
      .body = body,
      .peek = peek,
  };
  const auto answer = tg::providers::answer(request);
  TG_CHECK(!answer.steps.empty());
  for (const auto& step : answer.steps) TG_CHECK(!step.bytes.empty());
  return 0;
}
