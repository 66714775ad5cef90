// SPDX-License-Identifier: Apache-2.0
#include "providers/sandbox_parts.h"

#include <fmt/format.h>

#include "openai/error_table.h"

namespace tg::providers::sandbox {
namespace {

constexpr std::size_t kTokenBytes = 4;
constexpr std::size_t kEchoBytesMax = 2'000;
constexpr std::size_t kSlowTokens = 480;  // one each 250 ms: two minutes

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// At most `bytes_max` of `text`, without the beginning of a character whose rest is cut off.
std::string_view head_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  // Four steps back at most: what is longer is not UTF-8, and is cut anywhere.
  for (int back = 0; back < 4 && end > 0 && continues_character(text[end]); ++back) --end;
  return text.substr(0, end == 0 ? bytes_max : end);
}

std::string slow_text() {
  std::string text;
  for (int line = 1; text.size() < kSlowTokens * kTokenBytes; ++line) {
    text += fmt::format("{} It is slow on purpose ({}). ", kHonesty, line);
  }
  text.resize(kSlowTokens * kTokenBytes);
  return text;
}

std::string full_reply(const Call& call, std::string_view prompt, const Json& format) {
  const auto said = prompt.empty()
                        ? std::string{kHonesty}
                        : fmt::format("{} You wrote: {}", kHonesty, head_of(prompt, kEchoBytesMax));
  const auto& type = member(format, "type");
  if (type == "json_object") return dump(Json{{"sandbox", true}, {"message", said}});
  if (type == "json_schema") {
    const auto& nested = member(member(format, "json_schema"), "schema");  // chat
    return dump(example_of(nested.is_null() ? member(format, "schema") : nested, said));
  }
  const bool slow = call.behaviour == Behaviour::kSlow && call.stream();
  return slow ? slow_text() : said;
}

}  // namespace

std::uint64_t hash(std::string_view bytes, std::uint64_t salt) noexcept {
  std::uint64_t state = 0xCBF29CE484222325U ^ (salt * 0x9E3779B97F4A7C15U);  // FNV-1a
  for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  // FNV's high bits hardly move on short texts: mixed once more (SplitMix64's last step).
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9U;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBU;
  return state ^ (state >> 31);
}

std::string Call::id(std::string_view prefix, std::uint64_t salt) const {
  const auto first = hash(request.body, salt * 2 + 1);
  const auto second = hash(request.body, salt * 2 + 2);
  return fmt::format("{}{:016x}{:08x}", prefix, first, second >> 32);
}

std::string Call::text(std::string_view name) const {
  if (const auto* field = part(name)) return std::string{field->body};
  const auto& value = member(body, name);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

const http::Part* Call::part(std::string_view name) const {
  for (const auto& candidate : parts) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> all;
  while (!text.empty()) {
    all.push_back(head_of(text, kTokenBytes));
    text.remove_prefix(all.back().size());
  }
  return all;
}

std::int64_t count_tokens(std::string_view text) {
  return static_cast<std::int64_t>(pieces(text).size());
}

std::string content_text(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const auto& item : content) {
    const auto& part = member(item, "text");
    if (part.is_string()) text += part.get_ref<const std::string&>();
  }
  return text;
}

Reply reply_to(const Call& call, std::string_view prompt, const Json& format) {
  Reply reply{.text = full_reply(call, prompt, format)};
  const auto all = pieces(reply.text);
  reply.tokens = static_cast<std::int64_t>(all.size());
  const auto most = call.request.peek.output_tokens_max;
  if (!most || *most < 1 || reply.tokens <= *most) return reply;

  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < *most; ++i) bytes += all[static_cast<std::size_t>(i)].size();
  reply.text.resize(bytes);
  reply.tokens = *most;
  reply.cut = true;
  return reply;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& member(const Json& object, std::string_view name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::int64_t integer(const Json& object, std::string_view name, std::int64_t least,
                     std::int64_t most, std::int64_t otherwise) {
  const auto& value = member(object, name);
  if (!value.is_number_integer()) return otherwise;
  return std::clamp(value.get<std::int64_t>(), least, most);
}

SandboxAnswer json_answer(const Json& body) { return plain_answer("application/json", dump(body)); }

SandboxAnswer plain_answer(std::string_view content_type, std::string bytes) {
  SandboxAnswer answer;
  answer.content_type = content_type;
  answer.steps.push_back({std::chrono::milliseconds{0}, std::move(bytes)});
  return answer;
}

SandboxAnswer refusal(std::string_view message, std::string_view param) {
  auto answer = plain_answer("application/json",
                             openai::error_body(message, "invalid_request_error", param, {}));
  answer.status = 400;
  return answer;
}

SandboxAnswer event_stream() {
  SandboxAnswer answer;
  answer.content_type = "text/event-stream; charset=utf-8";
  answer.stream = true;
  return answer;
}

void add_event(SandboxAnswer& answer, std::string_view type, const Json& data) {
  auto bytes = type.empty() ? std::string{} : fmt::format("event: {}\n", type);
  bytes += fmt::format("data: {}\n\n", dump(data));
  answer.steps.push_back({std::chrono::milliseconds{0}, std::move(bytes)});
}

}  // namespace tg::providers::sandbox
