// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "openai/answer_parts.h"
#include "openai/object_path.h"
#include "openai/usage.h"

// What an object's JSON says that decides who owns what, and whether work on it goes on.
//
// Threading:  pure; one simdjson parser per thread inside.
// Limits:     ids of more than 128 bytes are none; at most four files of one object are told.
namespace tg::openai {

struct ObjectFacts {
  std::string id;
  std::string status;
  bool removed = false;            // "deleted": true
  std::vector<std::string> files;  // that it has led to: a batch's output, an upload's file …
  std::string output_file_id;      // of a batch
  std::string endpoint;            // of a batch
  std::string input_file_id;       // of a batch; of a fine-tuning job, what it trains on
  std::int64_t created_s = 0;      // 0: it does not say
  Usage usage;                     // of a batch; source kNone when it says none
  std::optional<std::int64_t> trained_tokens;  // of a fine-tuning job
};
// Nothing where it is no JSON object.
[[nodiscard]] std::optional<ObjectFacts> read_object(std::string_view body);

// What a response that was read again consists of.
[[nodiscard]] std::vector<AnswerPart> parts_of_response(std::string_view body);

// Whether nothing happens any more: "completed", "failed", "expired", "cancelled" …
[[nodiscard]] bool has_ended(std::string_view status) noexcept;

// What POST /v1/batches asks for.
struct BatchRequest {
  std::string input_file_id;
  std::string endpoint;
};
// kBodyNotJson, kBodyMalformed.
[[nodiscard]] Result<BatchRequest> read_batch_request(std::string_view body);

// The ids that any JSON body names. kBodyNotJson.
[[nodiscard]] Result<std::vector<std::string>> references_of(std::string_view body);

// A page of a list, which holds objects of other projects too.
struct ListedObject {
  std::string id;
  std::string json;
};
struct ObjectPage {
  std::vector<ListedObject> objects;
  bool has_more = false;
};
[[nodiscard]] std::optional<ObjectPage> read_page(std::string_view body);
[[nodiscard]] std::string write_page(const ObjectPage& page);

}  // namespace tg::openai
