// SPDX-License-Identifier: Apache-2.0
#include "openai/answer_tap.h"

#include <algorithm>

#include "openai/hosted_tools_json.h"
#include "openai/json_document.h"
#include "openai/object_path.h"
#include "openai/response_items.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

constexpr std::size_t kServedModelBytesMax = 128;
// Usage and model stand behind the vectors and take less than 300 bytes.
constexpr std::size_t kEmbeddingsTailBytes = 1024;

// Made now, or read again as it goes on.
bool is_response(Endpoint endpoint) {
  return endpoint == Endpoint::kResponses || endpoint == Endpoint::kStoredResponses;
}

void add_bytes(std::string_view text, Answer& answer) {
  answer.output_bytes += static_cast<std::int64_t>(text.size());
}

// What every SQL engine takes for a text: whole characters, and no zero byte among them.
std::string_view whole_characters(std::string_view text, std::size_t bytes_max) {
  text = text.substr(0, text.find('\0'));
  auto size = std::min(text.size(), bytes_max);
  while (size > 0 && size < text.size() &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

void take_model(element value, Answer& answer) {
  const auto model = whole_characters(text_or_empty(value), kServedModelBytesMax);
  if (!model.empty() && answer.served_model != model) answer.served_model = model;
}

void take_id(element value, Answer& answer) {
  const auto id = text_or_empty(value);
  if (answer.wants_id && answer.id.empty() && is_object_id(id)) answer.id = id;
}

void take_word(element value, ShortText& word) {
  if (const auto told = word_of(text_or_empty(value)); !told.empty()) word = told;
}

void take_usage(Endpoint endpoint, element value, Answer& answer) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return;
  (void)read_usage(endpoint, object, answer.usage);
  // Anthropic's and Perplexity's words stand in here.
  each_member(value, [&answer](std::string_view key, element inner) {
    if (key == "service_tier") take_word(inner, answer.tier);
    if (key == "search_context_size") take_word(inner, answer.size);
  });
}

template <typename Visit>
std::size_t each_item(element value, Visit visit) {
  simdjson::dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) return 0;
  std::size_t count = 0;
  for (const element item : items) {
    visit(item);
    ++count;
  }
  return count;
}

void count_call(element call, Answer& answer) {
  each_member(call, [&answer](std::string_view key, element value) {
    if (key == "name" || key == "arguments" || key == "input") {
      add_bytes(text_or_empty(value), answer);
    } else if (key == "function" || key == "custom") {
      count_call(value, answer);
    }
  });
}

// Chat answers do not tell that they searched; what they found they cite.
void note_citations(element annotations, Answer& answer) {
  each_item(annotations, [&answer](element one) {
    each_member(one, [&answer](std::string_view key, element value) {
      if (key == "type" && text_or_empty(value) == "url_citation") answer.tools.web_searches = 1;
    });
  });
}

// A message, or a stream's delta, which has the same members.
void count_message(element message, Answer& answer) {
  each_member(message, [&answer](std::string_view key, element value) {
    if (key == "content" || key == "refusal" || key == "reasoning_content" || key == "reasoning") {
      add_bytes(text_or_empty(value), answer);
    } else if (key == "tool_calls") {
      each_item(value, [&answer](element call) { count_call(call, answer); });
    } else if (key == "function_call") {
      count_call(value, answer);
    } else if (key == "audio" && answer.keeps != Kept::kNothing) {
      add_recording(value, answer.parts);
    } else if (key == "annotations") {
      note_citations(value, answer);
    }
  });
}

void read_choice(element choice, Answer& answer) {
  each_member(choice, [&answer](std::string_view key, element value) {
    if (key == "message" || key == "delta") count_message(value, answer);
    if (key == "text") add_bytes(text_or_empty(value), answer);
    if (key == "finish_reason" && !value.is_null()) answer.finish_reason_seen = true;
  });
}

// Text, arguments and summaries of a Responses answer's items, at whatever depth they stand there.
void count_output_item(element item, Answer& answer) {
  each_member(item, [&answer](std::string_view key, element value) {
    if (key == "text" || key == "arguments" || key == "refusal" || key == "input") {
      add_bytes(text_or_empty(value), answer);
    } else if (key == "content" || key == "summary") {
      each_item(value, [&answer](element part) {
        each_member(part, [&answer](std::string_view name, element text) {
          if (name == "text" || name == "refusal") add_bytes(text_or_empty(text), answer);
        });
      });
    }
  });
}

void take_status(std::string_view status, Answer& answer) {
  if (status == "failed") answer.failed = true;
  answer.goes_on = status == "queued" || status == "in_progress";
}

// What the tools did and how much they read; a response repeats what it was asked with.
void read_response_tools(std::string_view key, element value, Answer& answer) {
  if (key == "output") count_tool_items(value, answer.tools);
  if (key == "tool_usage") read_tool_usage(value, answer.tools);
  if (key != "tools") return;
  HostedTools repeated;
  read_hosted_tools(value, repeated);
  if (!repeated.search_context.empty()) answer.size = repeated.search_context;
}

enum class Part : std::uint8_t { kBegun, kLast, kWhole };

void read_response(element response, Part part, Answer& answer) {
  each_member(response, [&](std::string_view key, element value) {
    if (key == "service_tier") take_word(value, answer.tier);
    if (part != Part::kBegun) read_response_tools(key, value, answer);
    if (key == "model") take_model(value, answer);
    if (key == "usage") take_usage(Endpoint::kResponses, value, answer);
    if (key == "id") take_id(value, answer);
    if (key == "status") take_status(text_or_empty(value), answer);
    if (key == "output") add_items(value, answer.keeps, answer.parts);
    if (key == "output" && part == Part::kWhole) {
      each_item(value, [&answer](element item) { count_output_item(item, answer); });
    }
  });
}

// Token usage, where there is any, already covers the audio that `duration` measures.
void read_transcript(element root, Answer& answer) {
  std::optional<std::int64_t> milliseconds;
  each_member(root, [&](std::string_view key, element value) {
    if (key == "text") add_bytes(text_or_empty(value), answer);
    if (key == "duration") milliseconds = read_seconds(value);
    if (key == "usage") take_usage(Endpoint::kTranscriptions, value, answer);
  });
  if (answer.usage.source == UsageSource::kProvider || !milliseconds) return;
  answer.usage.input_milliseconds = *milliseconds;
  answer.usage.source = UsageSource::kProvider;
}

// What decides on a price besides the units; Perplexity's sources stand beside its choices.
void read_price_words(Endpoint endpoint, std::string_view key, element value, Answer& answer) {
  if (key == "service_tier") take_word(value, answer.tier);
  if (makes_images(endpoint)) {
    if (key == "size") take_word(value, answer.size);
    if (key == "quality") take_word(value, answer.quality);
  } else if (key == "search_results" || key == "citations") {
    if (each_item(value, [](element) {}) > 0) answer.tools.web_searches = 1;
  }
}

void read_body_member(Endpoint endpoint, std::string_view key, element value, Answer& answer) {
  if (key == "model") take_model(value, answer);
  if (key == "id") take_id(value, answer);
  if (key == "usage") take_usage(endpoint, value, answer);
  if (key == "error" && !value.is_null()) answer.failed = true;
  if (key == "choices") {
    each_item(value, [&answer](element choice) { read_choice(choice, answer); });
  }
  if (key == "data" && makes_images(endpoint)) {
    answer.images = static_cast<std::int64_t>(each_item(value, [](element) {}));
  }
  read_price_words(endpoint, key, value, answer);
}

void read_root(Endpoint endpoint, element root, Answer& answer) {
  if (is_response(endpoint)) {
    read_response(root, Part::kWhole, answer);
  } else if (hears(endpoint)) {
    read_transcript(root, answer);
  } else {
    each_member(root, [&](std::string_view key, element value) {
      read_body_member(endpoint, key, value, answer);
    });
  }
  answer.usage.output_images = answer.images;
}

// Vectors are tens of kilobytes of numbers each; parsing them costs more than to relay them. Their
// names stand in no string of such an answer, so what follows the last "model" or "usage" is read
// as an object of its own; if it is none, the whole body is.
bool read_embeddings_tail(std::string_view body, Answer& answer) {
  if (body.size() <= kEmbeddingsTailBytes) return false;
  const auto tail = body.substr(body.size() - kEmbeddingsTailBytes);
  const auto usage = tail.rfind(R"("usage")");
  if (usage == tail.npos) return false;
  std::string object = "{";
  object += tail.substr(std::min(usage, tail.rfind(R"("model")")));
  const Document document{object};
  if (!document.is_object()) return false;
  read_root(Endpoint::kEmbeddings, document.root(), answer);
  return true;
}

struct Event {
  std::string_view type;  // the data's own, which a relay cannot lose; else the event line's
  bool choices_empty = false;
  bool has_usage = false;
};

void read_chunk_member(Endpoint endpoint, std::string_view key, element value, Event& event,
                       Answer& answer) {
  if (key == "choices") {
    const auto count = each_item(value, [&answer](element choice) { read_choice(choice, answer); });
    event.choices_empty = value.is_array() && count == 0;
  } else if (key == "usage") {
    event.has_usage = value.is_object();
    take_usage(endpoint, value, answer);
  } else if (key == "model") {
    take_model(value, answer);
  } else if (key == "id") {
    take_id(value, answer);
  } else if (key == "error" && !value.is_null()) {
    answer.failed = true;
  } else if (key == "type") {
    if (const auto type = text_or_empty(value); !type.empty()) event.type = type;
  } else {
    read_price_words(endpoint, key, value, answer);
  }
}

void read_typed_event(Endpoint endpoint, element root, const Event& event, Answer& answer) {
  const auto type = event.type;
  if (type == "error") answer.failed = true;
  const bool terminal =
      type == "response.completed" || type == "response.failed" || type == "response.incomplete";
  if (is_response(endpoint)) {
    answer.finished |= terminal;
    answer.finish_reason_seen |= terminal;
    answer.failed |= type == "response.failed";
  }
  const bool image_done = type == "image_generation.completed" || type == "image_edit.completed";
  if (image_done && makes_images(endpoint)) {
    answer.usage.output_images = ++answer.images;
    answer.finished = true;
  }
  answer.finished |= type == "transcript.text.done" || type == "speech.audio.done";
  const bool text_delta = type.ends_with(".delta") && !type.ends_with("audio.delta");
  each_member(root, [&](std::string_view key, element value) {
    if (key == "delta" && text_delta) add_bytes(text_or_empty(value), answer);
    if (key == "response" && is_response(endpoint)) {
      read_response(value, terminal ? Part::kLast : Part::kBegun, answer);
    } else if (key == "item" && type == "response.output_item.done") {
      count_tool_item(value, answer.tools);
    }
  });
}

// Megabytes of base64 that say nothing to a meter.
bool is_media_event(std::string_view type) {
  return type.ends_with(".partial_image") || type.ends_with("audio.delta");
}

}  // namespace

void read_answer(Endpoint endpoint, std::string_view body, Answer& answer) {
  answer.finished = true;
  if (endpoint == Endpoint::kSpeech) return;
  if (endpoint == Endpoint::kEmbeddings && read_embeddings_tail(body, answer)) return;
  const Document document{body};
  if (document.is_object()) {
    read_root(endpoint, document.root(), answer);
  } else {
    add_bytes(body, answer);
    // A transcript may be plain text or subtitles. A number that no machine word holds is no reason
    // to take an answer for broken.
    answer.finished = hears(endpoint) || document.error() == simdjson::NUMBER_ERROR;
  }
}

Relay read_event(Endpoint endpoint, std::string_view event_name, std::string_view data,
                 bool usage_wanted, Answer& answer) {
  if (data == "[DONE]") {
    answer.finished |= !is_response(endpoint);
    return Relay::kPass;
  }
  if (is_media_event(event_name)) return Relay::kPass;
  const Document document{data};
  if (!document.is_object()) return Relay::kPass;
  Event event{.type = event_name};
  each_member(document.root(), [&](std::string_view key, element value) {
    read_chunk_member(endpoint, key, value, event, answer);
  });
  if (!event.type.empty()) read_typed_event(endpoint, document.root(), event, answer);
  const bool ours = event.choices_empty && event.has_usage && !usage_wanted;
  return ours ? Relay::kDrop : Relay::kPass;
}

}  // namespace tg::openai
