// SPDX-License-Identifier: Apache-2.0
#include "openai/request_peek.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "openai/hosted_tools_json.h"
#include "openai/json_document.h"
#include "openai/references.h"
#include "openai/request_input.h"
#include "openai/response_items.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

// Beyond any provider's.
constexpr std::int64_t kChoicesMax = 10'000;
// Some clients say "no limit" with the largest integer they know. A billion is beyond any model's
// own limit, and times kChoicesMax it stays far below 64 bits.
constexpr std::int64_t kTokensMax = 1'000'000'000;
constexpr std::size_t kModelBytesMax = 256;
constexpr std::size_t kReferencesMax = 512;

enum class Field : std::uint8_t {
  kModel,
  kStream,
  kStreamOptions,
  kMaxTokens,
  kMaxCompletionTokens,
  kMaxOutputTokens,
  kN,
  kBestOf,
  kMessages,
  kInput,
  kPrompt,
  kTools,
  kPreviousResponseId,
  kConversation,
  kWebSearchOptions,
  kImages,
  kMask,
  kSize,
  kQuality,
  kServiceTier,
  kResponseFormat,
  kStreamFormat,
  kPrediction,
  kModalities,
  kStore,
  kBackground,
  kAudio,
  kVoice,
  kMaxToolCalls,
};

constexpr auto kFields = std::to_array<std::pair<std::string_view, Field>>({
    {"model", Field::kModel},
    {"messages", Field::kMessages},
    {"input", Field::kInput},
    {"stream", Field::kStream},
    {"stream_options", Field::kStreamOptions},
    {"max_tokens", Field::kMaxTokens},
    {"max_completion_tokens", Field::kMaxCompletionTokens},
    {"max_output_tokens", Field::kMaxOutputTokens},
    {"n", Field::kN},
    {"best_of", Field::kBestOf},
    {"prompt", Field::kPrompt},
    {"tools", Field::kTools},
    {"previous_response_id", Field::kPreviousResponseId},
    {"conversation", Field::kConversation},
    {"web_search_options", Field::kWebSearchOptions},
    {"images", Field::kImages},
    {"mask", Field::kMask},
    {"size", Field::kSize},
    {"quality", Field::kQuality},
    {"service_tier", Field::kServiceTier},
    {"response_format", Field::kResponseFormat},
    {"stream_format", Field::kStreamFormat},
    {"prediction", Field::kPrediction},
    {"modalities", Field::kModalities},
    {"store", Field::kStore},
    {"background", Field::kBackground},
    {"audio", Field::kAudio},
    {"voice", Field::kVoice},
    {"max_tool_calls", Field::kMaxToolCalls},
});

std::optional<Field> exact_field(std::string_view key) {
  for (const auto& [name, field] : kFields) {
    if (key == name) return field;
  }
  return std::nullopt;
}

// Lower case as Go's JSON decoder folds names: it takes "Model" for "model", and the long s and the
// Kelvin sign for s and k.
std::string folded(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key.substr(i).starts_with("\u017F")) {
      out += 's';
      i += 1;
    } else if (key.substr(i).starts_with("\u212A")) {
      out += 'k';
      i += 2;
    } else {
      out += key[i] >= 'A' && key[i] <= 'Z' ? static_cast<char>(key[i] + 32) : key[i];
    }
  }
  return out;
}

bool may_fold(std::string_view key) {
  return std::ranges::any_of(key, [](char c) { return (c >= 'A' && c <= 'Z') || c < 0; });
}

std::int64_t count_characters(std::string_view utf8) {
  return std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; });
}

Result<bool> read_flag(element value) {
  bool flag = false;
  if (value.is_null()) return false;
  if (value.get_bool().get(flag) == simdjson::SUCCESS) return flag;
  return fail(Code::kBodyMalformed,
              "stream, include_usage, store and background must be true or false");
}

Result<std::string> read_text(element value) {
  std::string_view text;
  if (value.is_null()) return std::string{};
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string{text};
  return fail(Code::kBodyMalformed,
              "model, size, quality, service_tier and a speech's input must be strings");
}

Result<std::optional<std::int64_t>> read_count(element value) {
  std::int64_t count = 0;
  if (value.is_null()) return std::nullopt;
  if (value.get_int64().get(count) == simdjson::SUCCESS && count >= 0) return count;
  return fail(Code::kBodyMalformed,
              "token limits, max_tool_calls and n must be whole numbers, zero "
              "or more");
}

bool counts_output(Endpoint endpoint, Field field) {
  switch (endpoint) {
    case Endpoint::kChatCompletions:
      return field == Field::kMaxTokens || field == Field::kMaxCompletionTokens;
    case Endpoint::kCompletions: return field == Field::kMaxTokens;
    case Endpoint::kResponses: return field == Field::kMaxOutputTokens;
    default: return false;
  }
}

bool counts_choices(Endpoint endpoint, Field field) {
  if (field == Field::kBestOf) return endpoint == Endpoint::kCompletions;
  return endpoint == Endpoint::kChatCompletions || endpoint == Endpoint::kCompletions ||
         makes_images(endpoint);
}

// A completion is made for each prompt; an array of numbers is one prompt, given as token ids.
std::int64_t count_prompts(element prompt) {
  simdjson::dom::array prompts;
  if (prompt.get_array().get(prompts) != simdjson::SUCCESS) return 1;
  std::int64_t count = 0;
  for (const element one : prompts) {
    if (one.is_number()) return 1;
    ++count;
  }
  return std::max<std::int64_t>(1, count);
}

bool asks_for_sound(element modalities) {
  simdjson::dom::array list;
  if (modalities.get_array().get(list) != simdjson::SUCCESS) return !modalities.is_null();
  for (const element one : list) {
    if (text_or_empty(one) != "text") return true;
  }
  return false;
}

class Peeker {
 public:
  Peeker(Endpoint endpoint, const Document& document, std::string_view body)
      : endpoint_{endpoint}, spans_{document, body} {
    peek_.input_bytes = static_cast<std::int64_t>(body.size());
    peek_.first_member_offset = spans_.after_opening_brace();
  }

  Result<RequestPeek> run(simdjson::dom::object object) {
    std::size_t index = 0;
    for (const auto [key, value] : object) TG_TRY_DONE(read_member(index++, key, value));
    peek_.empty_object = index == 0;
    if (choices_ > kChoicesMax / prompts_) {
      return fail(Code::kBodyMalformed, "n asks for more than ten thousand choices");
    }
    peek_.choices = choices_ * prompts_;
    peek_.images += input_.media;
    peek_.input_bytes -= input_.media_bytes;
    peek_.open_ended_input |= input_.open_ended;
    peek_.references.insert(peek_.references.end(), input_.references.begin(),
                            input_.references.end());
    if (peek_.references.size() > kReferencesMax) {
      return fail(Code::kBodyMalformed, "more than 512 files and other objects are named");
    }
    return std::move(peek_);
  }

 private:
  Result<void> read_member(std::size_t index, std::string_view key, element value) {
    const auto field = exact_field(key);
    if (!field) {
      // A lone "Model" is refused as well: the one that we would put beside it could lose.
      if (may_fold(key) && exact_field(folded(key))) {
        return fail(Code::kBodyMalformed, "a field's name is spelt with the wrong case");
      }
      return {};
    }
    const auto bit = std::uint32_t{1} << static_cast<unsigned>(*field);
    if ((seen_ & bit) != 0) {
      return fail(Code::kBodyMalformed, "a field is given twice; an upstream might read the other");
    }
    seen_ |= bit;
    return read_field(*field, index, value);
  }

  Result<void> read_field(Field field, std::size_t index, element value) {
    switch (field) {
      case Field::kModel: return read_model(index, value);
      case Field::kStream: return set(peek_.stream, read_flag(value));
      case Field::kStreamOptions: return read_stream_options(index, value);
      case Field::kMaxTokens:
      case Field::kMaxCompletionTokens:
      case Field::kMaxOutputTokens: return read_output_limit(field, index, value);
      case Field::kN:
      case Field::kBestOf: return read_choices(field, value);
      case Field::kMaxToolCalls: return set(peek_.tool_calls_max, read_count(value));
      case Field::kStore:
        peek_.store_value = spans_.value(index);
        if (!value.is_null()) return set_flag(peek_.store, value);
        return {};
      case Field::kBackground: return set(peek_.background, read_flag(value));
      case Field::kServiceTier:
        peek_.service_tier_value = spans_.value(index);
        return set(peek_.service_tier, read_text(value));
      case Field::kSize:
      case Field::kQuality: return read_image_option(field, value);
      default: read_input_field(field, value);
    }
    if (field == Field::kInput && endpoint_ == Endpoint::kSpeech) return read_speech_input(value);
    return {};
  }

  void read_input_field(Field field, element value) {
    const bool responses = endpoint_ == Endpoint::kResponses || endpoint_ == Endpoint::kCompact ||
                           endpoint_ == Endpoint::kInputTokens;
    std::string_view text;
    switch (field) {
      case Field::kMessages:
      case Field::kInput:
        read_input(value, input_);
        if (!responses) break;
        input_.open_ended |= add_item_references(value, input_.references);
        read_item_tools(value, peek_.hosted_tools);
        break;
      case Field::kPrompt:
        if (responses) read_stored_prompt(value);
        if (endpoint_ == Endpoint::kCompletions) prompts_ = count_prompts(value);
        break;
      case Field::kTools:
        peek_.tools |= !value.is_null();
        peek_.open_ended_input |= has_hosted_tool(value);
        read_hosted_tools(value, peek_.hosted_tools);
        add_tool_references(value, peek_.references);
        break;
      case Field::kVoice: add_voice(value); break;
      case Field::kAudio:
        each_member(value, [this](std::string_view key, element inner) {
          if (key == "voice") add_voice(inner);
        });
        break;
      case Field::kPrediction: peek_.unseen_output |= !value.is_null(); break;
      case Field::kModalities: peek_.unseen_output |= asks_for_sound(value); break;
      case Field::kPreviousResponseId:
      case Field::kConversation:
        (field == Field::kConversation ? peek_.conversation : peek_.previous_response) |=
            !value.is_null();
        add_reference(value, peek_.references);
        peek_.open_ended_input |= !value.is_null();
        break;
      case Field::kWebSearchOptions:
        peek_.open_ended_input |= !value.is_null();
        read_search_options(value, peek_.hosted_tools);
        break;
      case Field::kImages:
        if (value.is_array() && makes_images(endpoint_)) read_input(value, input_);
        break;
      case Field::kMask:
        if (!value.is_null() && makes_images(endpoint_)) ++peek_.images;
        if (value.is_object()) add_references(value, peek_.references);
        break;
      case Field::kResponseFormat:
        if (value.get_string().get(text) == simdjson::SUCCESS) peek_.response_format = text;
        break;
      case Field::kStreamFormat:
        // Speech has no `stream`: this is how its answer becomes events.
        if (value.get_string().get(text) == simdjson::SUCCESS) peek_.stream |= text == "sse";
        break;
      default: break;
    }
  }

  void read_stored_prompt(element value) {
    add_reference(value, peek_.references);
    each_member(value, [this](std::string_view key, element variables) {
      if (key != "variables") return;
      each_member(variables, [this](std::string_view, element variable) {
        if (variable.is_object()) add_references(variable, peek_.references);
      });
    });
    peek_.open_ended_input |= !value.is_null();
    peek_.hosted_tools.unknown |= !value.is_null();
    peek_.stored_prompt |= !value.is_null();
  }

  // Those that every account has are named by a string.
  void add_voice(element value) {
    if (value.is_object()) add_reference(value, peek_.references);
  }

  Result<void> read_model(std::size_t index, element value) {
    peek_.model_value = spans_.value(index);
    TG_TRY(peek_.model, read_text(value));
    if (peek_.model.contains('\0')) {
      return fail(Code::kBodyMalformed, "model holds a zero byte");
    }
    if (peek_.model.size() <= kModelBytesMax) return {};
    return fail(Code::kBodyMalformed, "model is longer than 256 bytes");
  }

  Result<void> read_stream_options(std::size_t index, element value) {
    peek_.stream_options_value = spans_.value(index);
    if (value.is_null()) return {};
    simdjson::dom::object options;
    if (value.get_object().get(options) != simdjson::SUCCESS) {
      return fail(Code::kBodyMalformed, "stream_options must be an object");
    }
    bool seen = false;
    for (const auto [key, inner] : options) {
      if (key != "include_usage") continue;
      if (std::exchange(seen, true)) {
        return fail(Code::kBodyMalformed, "stream_options.include_usage is given twice");
      }
      TG_TRY(peek_.usage_wanted, read_flag(inner));
    }
    return {};
  }

  // Where a client gives both names the larger holds: which one an upstream reads is its affair.
  Result<void> read_output_limit(Field field, std::size_t index, element value) {
    if (!counts_output(endpoint_, field)) return {};
    peek_.output_limit_values.push_back(spans_.value(index));
    TG_TRY(const auto limit, read_count(value));
    if (!limit) return {};
    peek_.output_tokens_max =
        std::max(peek_.output_tokens_max.value_or(0), std::min(*limit, kTokensMax));
    return {};
  }

  Result<void> read_choices(Field field, element value) {
    if (!counts_choices(endpoint_, field)) return {};
    TG_TRY(const auto count, read_count(value));
    choices_ = std::max(choices_, count.value_or(1));
    peek_.unseen_output |= field == Field::kBestOf && count.value_or(1) > 1;
    return {};
  }

  Result<void> read_image_option(Field field, element value) {
    if (!makes_images(endpoint_)) return {};
    return set(field == Field::kSize ? peek_.size : peek_.quality, read_text(value));
  }

  Result<void> read_speech_input(element value) {
    TG_TRY(const auto text, read_text(value));
    peek_.input_characters = count_characters(text);
    return {};
  }

  static Result<void> set_flag(std::optional<bool>& target, element value) {
    TG_TRY(target, read_flag(value));
    return {};
  }

  template <typename T>
  static Result<void> set(T& target, Result<T> value) {
    TG_TRY(target, std::move(value));
    return {};
  }

  const Endpoint endpoint_;
  MemberSpans spans_;
  RequestPeek peek_;
  InputFacts input_;
  std::uint32_t seen_ = 0;
  std::int64_t choices_ = 1;
  std::int64_t prompts_ = 1;
};

static_assert(static_cast<unsigned>(Field::kMaxToolCalls) < 32);

}  // namespace

Result<RequestPeek> peek_json(Endpoint endpoint, std::string_view body) {
  const Document document{body};
  TG_TRY_DONE(document.check());
  if (!document.is_object()) return fail(Code::kBodyMalformed, "the body must be a JSON object");
  return Peeker{endpoint, document, body}.run(document.object());
}

}  // namespace tg::openai
