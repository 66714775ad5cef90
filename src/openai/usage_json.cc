// SPDX-License-Identifier: Apache-2.0
#include "openai/usage_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace tg::openai {
namespace {

using simdjson::dom::element;
using Count = std::optional<std::int64_t>;

// What a JSON number holds exactly everywhere; no call comes near.
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;
// A year; beyond it a duration is nonsense.
constexpr double kSecondsMax = 31'536'000;

// Nonsense (a text, a fraction, a negative or overflowing number) counts as not reported.
Count read_count(element value, bool& contradictory) {
  if (value.is_null()) return std::nullopt;
  std::int64_t count = 0;
  if (value.get_int64().get(count) == simdjson::SUCCESS && count >= 0 && count <= kCountMax) {
    return count;
  }
  contradictory = true;
  return std::nullopt;
}

struct CachedParts {
  Count text, audio, image;
};

// Tokens written to a cache; the parts by how long they are kept.
struct CacheWrites {
  Count all, minutes, hour, half_day;
};

struct InputParts {
  Count cached, audio, image;
  CachedParts cached_parts;
  CacheWrites writes;
};

struct OutputParts {
  Count reasoning, audio, text, image;
};

struct Reported {
  bool contradictory = false;
  // `prompt` names the whole in every dialect, `input` in some what no cache had.
  Count prompt, input, output, total, milliseconds, pages, web_searches;
  // Said beside the whole and not as a part of it.
  Count cached_beside, written_beside;
  InputParts input_parts;
  OutputParts output_parts;
};

void read_cached_parts(element value, CachedParts& parts, bool& contradictory) {
  each_member(value, [&](std::string_view key, element inner) {
    if (key == "text_tokens") parts.text = read_count(inner, contradictory);
    if (key == "audio_tokens") parts.audio = read_count(inner, contradictory);
    if (key == "image_tokens") parts.image = read_count(inner, contradictory);
  });
}

void read_cache_writes(element value, CacheWrites& writes, bool& contradictory) {
  each_member(value, [&](std::string_view key, element inner) {
    if (key == "ephemeral_5m_input_tokens" || key == "ttl_30m_tokens") {
      writes.minutes = read_count(inner, contradictory);
    }
    if (key == "ephemeral_1h_input_tokens") writes.hour = read_count(inner, contradictory);
    if (key == "ttl_12h_tokens") writes.half_day = read_count(inner, contradictory);
  });
}

void read_input_parts(element value, InputParts& parts, bool& contradictory) {
  each_member(value, [&](std::string_view key, element inner) {
    if (key == "cached_tokens") parts.cached = read_count(inner, contradictory);
    if (key == "cache_write_tokens" || key == "cache_creation_tokens") {
      parts.writes.all = read_count(inner, contradictory);
    }
    if (key == "audio_tokens") parts.audio = read_count(inner, contradictory);
    if (key == "image_tokens") parts.image = read_count(inner, contradictory);
    if (key == "cached_tokens_details") {
      read_cached_parts(inner, parts.cached_parts, contradictory);
    }
    if (key == "cache_write_tokens_details" || key == "cache_creation_token_details") {
      read_cache_writes(inner, parts.writes, contradictory);
    }
  });
}

void read_output_parts(element value, OutputParts& parts, bool& contradictory) {
  each_member(value, [&](std::string_view key, element inner) {
    if (key == "reasoning_tokens") parts.reasoning = read_count(inner, contradictory);
    if (key == "audio_tokens") parts.audio = read_count(inner, contradictory);
    if (key == "text_tokens") parts.text = read_count(inner, contradictory);
    if (key == "image_tokens") parts.image = read_count(inner, contradictory);
  });
}

// What dialects say of caches outside of OpenAI's details: Anthropic, DeepSeek, Moonshot.
void read_cache_member(std::string_view key, element value, Reported& reported) {
  bool& contradictory = reported.contradictory;
  if (key == "cache_read_input_tokens") reported.cached_beside = read_count(value, contradictory);
  if (key == "cache_creation_input_tokens") {
    reported.written_beside = read_count(value, contradictory);
  }
  if (key == "cache_creation") read_cache_writes(value, reported.input_parts.writes, contradictory);
  if (key == "prompt_cache_hit_tokens" || key == "cached_tokens") {
    if (const auto cached = read_count(value, contradictory)) reported.input_parts.cached = cached;
  }
}

void read_total_member(std::string_view key, element value, Reported& reported) {
  bool& contradictory = reported.contradictory;
  if (key == "prompt_tokens") reported.prompt = read_count(value, contradictory);
  if (key == "input_tokens") reported.input = read_count(value, contradictory);
  if (key == "completion_tokens" || key == "output_tokens") {
    reported.output = read_count(value, contradictory);
  }
  if (key == "total_tokens") reported.total = read_count(value, contradictory);
  if (key == "seconds") reported.milliseconds = read_seconds(value);
  if (key == "pages" || key == "pages_processed") reported.pages = read_count(value, contradictory);
  if (key == "num_search_queries") reported.web_searches = read_count(value, contradictory);
  if (key == "server_tool_use") {
    each_member(value, [&](std::string_view tool, element inner) {
      if (tool == "web_search_requests") reported.web_searches = read_count(inner, contradictory);
    });
  }
}

Reported read_reported(simdjson::dom::object object) {
  Reported reported;
  for (const auto [key, value] : object) {
    if (key == "prompt_tokens_details" || key == "input_tokens_details" ||
        key == "input_token_details") {  // singular for transcriptions
      read_input_parts(value, reported.input_parts, reported.contradictory);
    } else if (key == "completion_tokens_details" || key == "output_tokens_details" ||
               key == "output_token_details") {
      read_output_parts(value, reported.output_parts, reported.contradictory);
    } else if (key.contains("cache")) {
      read_cache_member(key, value, reported);
    } else {
      read_total_member(key, value, reported);
    }
  }
  return reported;
}

std::int64_t sum_of(Count a, Count b, Count c = {}) {
  return a.value_or(0) + b.value_or(0) + c.value_or(0);
}

Count larger(Count a, Count b) { return std::max(a, b); }  // nothing is less than zero

// Whether what a cache had or got is an addition to the input, as Anthropic says it, or a part of
// it, as OpenAI does. The total decides where it fits one of the two; where it does not, the names
// do. A part that is larger than its whole is none.
bool cache_is_beside(const Reported& reported, std::int64_t input, std::int64_t cache) {
  if (cache == 0) return false;
  const bool said_beside = reported.cached_beside || reported.written_beside;
  if (said_beside && cache > input) return true;
  if (reported.total) {
    const auto apart = *reported.total - input - reported.output.value_or(0);
    if (apart == cache) return true;
    if (apart == 0) return false;
  }
  return said_beside && !reported.prompt;
}

// From here on `input` is the whole, and the cache's tokens are parts of it. Dialects that say the
// same number in two places mean the same tokens.
void place_cache(Reported& reported) {
  auto& parts = reported.input_parts;
  auto& writes = parts.writes;
  parts.cached = larger(parts.cached, reported.cached_beside);
  writes.all = larger(writes.all, reported.written_beside);
  const auto by_time = sum_of(writes.minutes, writes.hour, writes.half_day);
  if (by_time > writes.all.value_or(0)) {
    reported.contradictory |= writes.all.has_value();
    writes.all = by_time;
  }
  if (reported.prompt) reported.input = reported.prompt;
  const auto cache = sum_of(parts.cached, writes.all);
  if (cache_is_beside(reported, reported.input.value_or(0), cache)) {
    reported.input = std::min(reported.input.value_or(0) + cache, kCountMax);
  }
}

// Where one of the totals is missing the others give it. Where all are there and the sum is larger
// than its parts, the rest was used and is output: some providers count reasoning there alone.
void complete_totals(Reported& reported) {
  if (!reported.total) return;
  if (!reported.input) {
    reported.input = std::max<std::int64_t>(0, *reported.total - reported.output.value_or(0));
  }
  if (!reported.output) {
    reported.output = std::max<std::int64_t>(0, *reported.total - *reported.input);
  }
  const auto rest = *reported.total - *reported.input - *reported.output;
  reported.contradictory |= rest != 0 && rest != reported.output_parts.reasoning;
  if (rest > 0) *reported.output += rest;
}

// A part that is larger than its whole: the larger reading holds, and somebody should know.
void raise_totals(Reported& reported) {
  const auto& in = reported.input_parts;
  const auto& out = reported.output_parts;
  const auto raise = [&reported](Count& whole, std::int64_t parts) {
    if (parts <= whole.value_or(0)) return;
    whole = std::min(parts, kCountMax);
    reported.contradictory = true;
  };
  raise(reported.input, std::max(sum_of(in.cached, in.writes.all), sum_of(in.audio, in.image)));
  raise(reported.output, sum_of(out.reasoning, out.audio, out.image));
}

// At most what is left of the whole, which it is taken from.
std::int64_t take(std::int64_t& left, Count part) {
  const auto taken = std::min(left, part.value_or(0));
  left -= taken;
  return taken;
}

void split_input(const Reported& reported, Usage& usage) {
  const auto& parts = reported.input_parts;
  std::int64_t text = reported.input.value_or(0);
  std::int64_t audio = take(text, parts.audio);
  std::int64_t image = take(text, parts.image);
  std::int64_t cached = parts.cached.value_or(0);
  // Audio and image parts only where the provider says so; what it does not place is text first.
  usage.cached_input_audio_tokens = take(audio, take(cached, parts.cached_parts.audio));
  usage.cached_input_image_tokens = take(image, take(cached, parts.cached_parts.image));
  const auto of_text = take(text, cached);
  const auto of_audio = take(audio, cached - of_text);
  usage.cached_input_text_tokens = of_text;
  usage.cached_input_audio_tokens += of_audio;
  usage.cached_input_image_tokens += take(image, cached - of_text - of_audio);
  auto written = take(text, parts.writes.all);
  usage.cache_write_1h_text_tokens = take(written, parts.writes.hour);
  usage.cache_write_12h_text_tokens = take(written, parts.writes.half_day);
  usage.cache_write_text_tokens = written;
  usage.input_text_tokens = text;
  usage.input_audio_tokens = audio;
  usage.input_image_tokens = image;
}

void split_output(Endpoint endpoint, const Reported& reported, Usage& usage) {
  const auto& parts = reported.output_parts;
  std::int64_t left = reported.output.value_or(0);
  usage.reasoning_tokens = take(left, parts.reasoning);
  usage.output_audio_tokens = take(left, parts.audio);
  usage.output_image_tokens = take(left, parts.image);
  switch (endpoint) {
    case Endpoint::kSpeech: usage.output_audio_tokens += std::exchange(left, 0); break;
    case Endpoint::kImageGenerations:
    case Endpoint::kImageEdits:
    case Endpoint::kImageVariations: {
      const auto text = take(left, parts.text);
      usage.output_image_tokens += std::exchange(left, text);
      break;
    }
    default: break;
  }
  usage.output_text_tokens = left;
}

constexpr std::array kInputCounts{
    &Usage::input_text_tokens,          &Usage::input_audio_tokens,
    &Usage::input_image_tokens,         &Usage::cached_input_text_tokens,
    &Usage::cached_input_audio_tokens,  &Usage::cached_input_image_tokens,
    &Usage::cache_write_text_tokens,    &Usage::cache_write_1h_text_tokens,
    &Usage::cache_write_12h_text_tokens};
constexpr std::array kOutputCounts{&Usage::output_text_tokens, &Usage::output_audio_tokens,
                                   &Usage::output_image_tokens, &Usage::reasoning_tokens};

// A stream's later event that tells one side leaves the other as it was told before.
template <std::size_t size>
void keep(const std::array<std::int64_t Usage::*, size>& counts, const Usage& before,
          Usage& usage) {
  for (const auto count : counts) usage.*count = before.*count;
}

}  // namespace

std::optional<std::int64_t> read_seconds(element value) {
  double seconds = 0;
  if (const auto text = text_or_empty(value); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  } else if (value.get_double().get(seconds) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return std::nullopt;
  // 8.47 has no exact double: without the small step down its 8,470 ms would become 8,471.
  return static_cast<std::int64_t>(std::ceil(seconds * 1000 - 1e-6));
}

bool read_usage(Endpoint endpoint, simdjson::dom::object object, Usage& usage) {
  auto reported = read_reported(object);
  place_cache(reported);
  complete_totals(reported);
  raise_totals(reported);
  const bool contradictory = reported.contradictory;
  usage.contradictory |= contradictory;
  if (!reported.input && !reported.output && !reported.milliseconds && !reported.pages) {
    return false;
  }
  const auto before = usage;
  usage = Usage{.output_images = before.output_images,
                .source = UsageSource::kProvider,
                .contradictory = contradictory};
  split_input(reported, usage);
  split_output(endpoint, reported, usage);
  if (!reported.input) keep(kInputCounts, before, usage);
  if (!reported.output) keep(kOutputCounts, before, usage);
  usage.input_milliseconds = reported.milliseconds.value_or(before.input_milliseconds);
  usage.input_pages = reported.pages.value_or(before.input_pages);
  usage.web_search_calls = reported.web_searches.value_or(before.web_search_calls);
  return true;
}

void Usage::add(const Usage& other) noexcept {
  for (const auto count : kUsageCounts) this->*count += other.*count;
  source = std::max(source, other.source);
  contradictory |= other.contradictory;
}

}  // namespace tg::openai
