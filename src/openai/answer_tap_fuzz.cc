// SPDX-License-Identifier: Apache-2.0
// Whatever an upstream sends, no count is negative and the parts add up to no more than 2^53.
#include "base/result.h"
#include "openai/answer_tap.h"

namespace tg::openai {
namespace {

void check(const Answer& answer) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  const auto& usage = answer.usage;
  for (const auto count : kUsageCounts) TG_CHECK(usage.*count >= 0);
  TG_CHECK(answer.output_bytes >= 0 && answer.images >= 0 && answer.tools.web_searches >= 0);
  TG_CHECK(usage.input_tokens() <= kMost && usage.output_tokens() <= kMost);
  TG_CHECK(answer.served_model.size() <= 128);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const auto endpoint = static_cast<Endpoint>(data[0] % kEndpointCount);
  const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
  Answer whole;
  read_answer(endpoint, body, whole);
  check(whole);
  Answer streamed;
  (void)read_event(endpoint, "", body, false, streamed);
  (void)read_event(endpoint, body.substr(0, 40), body, false, streamed);
  check(streamed);
  return 0;
}

}  // namespace tg::openai
