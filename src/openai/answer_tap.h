// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/short_text.h"
#include "openai/answer_parts.h"
#include "openai/endpoint.h"
#include "openai/hosted_tools.h"
#include "openai/usage.h"

// Reads an answer as it passes: usage, what served it and how, whether a stream came to its end.
// It never holds the answer back and never fails: what cannot be read is simply not reported, and
// settlement then estimates.
//
// Threading:  one per call, on its worker.
// Limits:     constant memory; an event larger than the reader's buffer arrives in one piece
// anyway.
namespace tg::openai {

struct Answer {
  Usage usage;                    // source kNone when the answer carries no usage
  std::string served_model;       // as the upstream names it; at most 128 bytes
  // What chose its price, where the upstream says so: how it was served, how large and how good an
  // image is, or how much a web search read (then `size`).
  ShortText tier;
  ShortText size;
  ShortText quality;
  ToolCalls tools;
  std::int64_t output_bytes = 0;  // text that passed (content deltas); bounds what was produced
  std::int64_t images = 0;        // images in the answer
  bool finished = false;          // a whole body, or a stream's terminal event
  bool finish_reason_seen = false;
  bool failed = false;            // the stream told an error, or response.failed
  bool goes_on = false;           // a response whose work the upstream has only begun: no usage yet
  bool wants_id = false;          // set before: whether `id` shall be read
  std::string id;                 // of what the upstream has made and keeps; at most 128 bytes
  Kept keeps = Kept::kNothing;    // set before: which parts shall be read
  std::vector<AnswerPart> parts;  // that later requests can name, once it is finished
};

// A whole body (status 200). It is not `finished` where it should be JSON and is none.
void read_answer(Endpoint endpoint, std::string_view body, Answer& answer);

// One SSE event's data, in order. Usage in several events is cumulative: the last one holds.
enum class Relay : std::uint8_t { kPass, kDrop };
// kDrop: the usage chunk that only we asked for (choices empty, usage set) when `usage_wanted` is
// false.
[[nodiscard]] Relay read_event(Endpoint endpoint, std::string_view event, std::string_view data,
                               bool usage_wanted, Answer& answer);

}  // namespace tg::openai
