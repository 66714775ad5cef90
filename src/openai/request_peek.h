// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "openai/endpoint.h"
#include "openai/hosted_tools.h"

// What a call's body says that decides its route, its bound and its charge. Nothing else is read:
// unknown fields pass through untouched.
//
// Threading:  pure functions; one simdjson parser per thread inside.
// Limits:     nesting as deep as simdjson allows (1,024).
// Errors:     kBodyNotJson, kBodyMalformed (a field that we need has the wrong type).
namespace tg::openai {

// Where a top-level member's value stands in the body, so that it can be replaced in place.
struct ValueSpan {
  std::size_t offset = 0;
  std::size_t size = 0;
};

struct RequestPeek {
  std::string model;  // empty when the request names none
  bool stream = false;
  bool usage_wanted = false;  // the client itself asked for stream_options.include_usage
  std::optional<std::int64_t>
      output_tokens_max;         // max_completion_tokens, max_output_tokens, max_tokens
  std::int64_t choices = 1;      // of one prompt n (or best_of, where larger), for all prompts
  std::int64_t input_bytes = 0;  // bounds the text tokens: a token is at least one byte
  std::int64_t images = 0;       // images (or other media) inside the input, inline or by URL
  bool open_ended_input =
      false;                 // previous_response_id, conversation, prompt, file ids, hosted tools
  bool tools = false;        // functions are described: providers add a preamble
  HostedTools hosted_tools;  // of which the provider may charge each call
  std::optional<std::int64_t> tool_calls_max;  // of all hosted tools together
  bool unseen_output = false;  // output that is charged and does not pass as text: sound, a
                               // prediction's rejected part, best_of
  std::string size;            // of images asked for, "" when absent
  std::string quality;
  std::int64_t input_characters = 0;  // of a speech request's input, in Unicode code points
  std::int64_t input_milliseconds =
      0;                         // of the uploaded audio (filled by the gateway from tokens/)
  std::int64_t audio_bytes = 0;  // of it
  std::string service_tier;
  std::string response_format;  // of a transcription
  bool background = false;      // the upstream goes on without the client
  std::optional<bool> store;    // whether the upstream shall keep the answer; unset: its default
  bool previous_response = false;
  bool conversation = false;
  bool stored_prompt = false;
  // Ids of objects upstream that the request names: files, stored responses, conversations …
  std::vector<std::string> references;

  // For rewriting: spans into the JSON body (unset for multipart).
  std::optional<ValueSpan> model_value;           // the string with its quotes
  std::optional<ValueSpan> stream_options_value;  // the object
  std::optional<ValueSpan> service_tier_value;
  std::optional<ValueSpan> store_value;
  std::vector<ValueSpan> output_limit_values;  // of every field that limits the output
  std::size_t first_member_offset = 0;         // just after the opening brace
  bool empty_object = false;
};

[[nodiscard]] Result<RequestPeek> peek_json(Endpoint endpoint, std::string_view body);

// One text field of a multipart form; files are not passed here.
struct FormField {
  std::string_view name;
  std::string_view value;
};
[[nodiscard]] Result<RequestPeek> peek_form(Endpoint endpoint, std::span<const FormField> fields);

struct Rewrite {
  std::string_view model;      // empty: leave as it is
  bool include_usage = false;  // set stream_options.include_usage to true
  // The output's cap; 0: as it is. It takes the place of each field that the client gave, else of
  // the one named here.
  std::int64_t output_tokens_max = 0;
  std::string_view output_limit_name = "max_tokens";
  std::string_view service_tier;  // empty: as it is
  bool store_nothing = false;     // set store to false

  [[nodiscard]] bool changes() const noexcept {
    return !model.empty() || include_usage || output_tokens_max > 0 || !service_tier.empty() ||
           store_nothing;
  }
};
// The body with those changes and every other byte as it was.
[[nodiscard]] std::string rewrite_json(std::string_view body, const RequestPeek& peek,
                                       const Rewrite& rewrite);

}  // namespace tg::openai
