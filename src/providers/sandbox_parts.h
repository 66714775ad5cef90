// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "http/multipart.h"
#include "providers/sandbox.h"

// What the sandbox's endpoints share: the request as they read it, and how they write.
//
// A token here is up to four bytes of text, cut where a character ends. So a text has as many
// tokens as it has pieces in a stream, and a limit of tokens cuts both alike.
//
// Threading:  pure. Lifetime: a Call is used while its SandboxRequest lives.
namespace tg::providers::sandbox {

// Ordered, so that members stand as OpenAI's documentation shows them.
using Json = nlohmann::ordered_json;

enum class Behaviour : std::uint8_t {
  kAnswer,
  kError429,
  kError500,
  kSlow,
  kDisconnect,
  kGarbage,
  kNoUsage,
  kUnknown,  // a name under sandbox/ that means nothing
};

struct Call {
  const SandboxRequest& request;
  Behaviour behaviour = Behaviour::kAnswer;
  Json body;                      // of a JSON endpoint
  std::vector<http::Part> parts;  // of a form

  [[nodiscard]] const std::string& model() const { return request.peek.model; }
  [[nodiscard]] bool stream() const { return request.peek.stream; }
  [[nodiscard]] bool usage() const { return behaviour != Behaviour::kNoUsage; }
  // `prefix` and 24 hexadecimal digits that follow from the body alone.
  [[nodiscard]] std::string id(std::string_view prefix, std::uint64_t salt = 0) const;
  // The text member or form field; empty when absent.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] const http::Part* part(std::string_view name) const;
};

inline constexpr std::string_view kHonesty = "This is Tollgate's sandbox: no model was called.";

[[nodiscard]] std::uint64_t hash(std::string_view bytes, std::uint64_t salt = 0) noexcept;
[[nodiscard]] std::vector<std::string_view> pieces(std::string_view text);
[[nodiscard]] std::int64_t count_tokens(std::string_view text);

// The text of a message's or an item's content: a string, or its parts' texts one after another.
[[nodiscard]] std::string content_text(const Json& content);

// What the sandbox says to `prompt`, as long as it may be.
struct Reply {
  std::string text;
  bool cut = false;  // by the caller's limit of tokens
  std::int64_t tokens = 0;
};
// `format` as chat's response_format or responses' text.format: JSON where that is asked for.
[[nodiscard]] Reply reply_to(const Call& call, std::string_view prompt, const Json& format);

// A value that `schema` (JSON Schema, as structured outputs allow it) accepts.
[[nodiscard]] Json example_of(const Json& schema, std::string_view text);

// JSON text; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string dump(const Json& json);
[[nodiscard]] const Json& member(const Json& object, std::string_view name);  // null when absent
[[nodiscard]] std::int64_t integer(const Json& object, std::string_view name, std::int64_t least,
                                   std::int64_t most, std::int64_t otherwise);

[[nodiscard]] SandboxAnswer json_answer(const Json& body);
[[nodiscard]] SandboxAnswer plain_answer(std::string_view content_type, std::string bytes);
[[nodiscard]] SandboxAnswer refusal(std::string_view message, std::string_view param = {});
[[nodiscard]] SandboxAnswer event_stream();
// `type` empty: a data line alone, as chat has it.
void add_event(SandboxAnswer& answer, std::string_view type, const Json& data);

[[nodiscard]] SandboxAnswer chat(const Call& call);
[[nodiscard]] SandboxAnswer input_tokens(const Call& call);
[[nodiscard]] SandboxAnswer compact(const Call& call);
[[nodiscard]] SandboxAnswer completions(const Call& call);
[[nodiscard]] SandboxAnswer responses(const Call& call);
[[nodiscard]] SandboxAnswer embeddings(const Call& call);
[[nodiscard]] SandboxAnswer moderations(const Call& call);
[[nodiscard]] SandboxAnswer images(const Call& call);
[[nodiscard]] SandboxAnswer speech(const Call& call);
[[nodiscard]] SandboxAnswer transcription(const Call& call);

}  // namespace tg::providers::sandbox
