// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/encoding.h"
#include "providers/sandbox_parts.h"
#include "tokens/audio_duration.h"

namespace tg::providers::sandbox {
namespace {

constexpr std::uint32_t kSamplesPerSecond = 8'000;
constexpr std::int64_t kMillisecondsPerCharacter = 60;  // about as fast as people read aloud
constexpr std::int64_t kSpeechMillisecondsMin = 200;
constexpr std::int64_t kSpeechMillisecondsMax = 60'000;
constexpr double kToneHertz = 440;
constexpr double kLoudness = 6'000;  // of 32,767: not to startle anybody

void append_number(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// A tone of 16-bit samples, one channel.
std::string make_wav(std::int64_t milliseconds) {
  const auto samples = static_cast<std::uint32_t>(milliseconds * kSamplesPerSecond / 1'000);
  const auto data_bytes = samples * 2;
  std::string wav;
  wav.reserve(44 + data_bytes);
  wav += "RIFF";
  append_number(wav, 36 + data_bytes, 4);
  wav += "WAVEfmt ";
  append_number(wav, 16, 4);
  append_number(wav, 1, 2);  // PCM
  append_number(wav, 1, 2);
  append_number(wav, kSamplesPerSecond, 4);
  append_number(wav, kSamplesPerSecond * 2, 4);
  append_number(wav, 2, 2);
  append_number(wav, 16, 2);
  wav += "data";
  append_number(wav, data_bytes, 4);
  for (std::uint32_t i = 0; i < samples; ++i) {
    const double phase = 2 * std::numbers::pi * kToneHertz * i / kSamplesPerSecond;
    const auto sample = static_cast<std::int16_t>(kLoudness * std::sin(phase));
    append_number(wav, static_cast<std::uint16_t>(sample), 2);
  }
  return wav;
}

SandboxAnswer streamed_speech(const Call& call, const std::string& wav, std::int64_t milliseconds) {
  auto answer = event_stream();
  add_event(answer, {}, {{"type", "speech.audio.delta"}, {"audio", to_base64(wav)}});
  Json done{{"type", "speech.audio.done"}};
  if (call.usage()) {
    const auto input = count_tokens(call.text("input"));
    const auto output = std::max<std::int64_t>(1, milliseconds / 50);
    done["usage"] = {
        {"input_tokens", input}, {"output_tokens", output}, {"total_tokens", input + output}};
  }
  add_event(answer, {}, done);
  return answer;
}

struct Recording {
  std::string text;  // what the transcript says
  double seconds = 0;
  std::int64_t milliseconds = 0;
};

Recording describe(const http::Part& file) {
  const auto format = tokens::audio_format(file.body);
  const auto duration = tokens::audio_milliseconds(file.body);
  Recording recording;
  recording.milliseconds = duration.value_or(0);
  recording.seconds = static_cast<double>(recording.milliseconds) / 1'000;
  const auto length =
      duration ? fmt::format("{:.3f} seconds", recording.seconds) : std::string{"unknown length"};
  recording.text = fmt::format("{} It received {} audio of {} ({} bytes).", kHonesty,
                               format.empty() ? "unknown" : format, length, file.body.size());
  return recording;
}

// The models of the GPT family count tokens, whisper counts seconds.
Json usage_of(const Call& call, const Recording& recording) {
  if (!call.model().starts_with("gpt-4o")) {
    return {{"type", "duration"}, {"seconds", std::ceil(recording.seconds)}};
  }
  const auto audio = recording.milliseconds / 100;
  const auto text = count_tokens(call.text("prompt"));
  const auto output = count_tokens(recording.text);
  return {{"type", "tokens"},
          {"input_tokens", audio + text},
          {"input_token_details", {{"text_tokens", text}, {"audio_tokens", audio}}},
          {"output_tokens", output},
          {"total_tokens", audio + text + output}};
}

SandboxAnswer verbose(const Call& call, const Recording& recording) {
  const bool translation = call.request.endpoint == openai::Endpoint::kTranslations;
  Json body{{"task", translation ? "translate" : "transcribe"},
            {"language", "english"},
            {"duration", recording.seconds},
            {"text", recording.text},
            {"segments", Json::array({{{"id", 0},
                                       {"seek", 0},
                                       {"start", 0.0},
                                       {"end", recording.seconds},
                                       {"text", recording.text},
                                       {"tokens", Json::array()},
                                       {"temperature", 0.0},
                                       {"avg_logprob", 0.0},
                                       {"compression_ratio", 1.0},
                                       {"no_speech_prob", 0.0}}})}};
  if (call.usage() && !translation) {
    body["usage"] = {{"type", "duration"}, {"seconds", std::ceil(recording.seconds)}};
  }
  return json_answer(body);
}

// "00:01:02,003": SubRip has a comma, WebVTT a point.
std::string timestamp(std::int64_t milliseconds, char separator) {
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", milliseconds / 3'600'000,
                     milliseconds / 60'000 % 60, milliseconds / 1'000 % 60, separator,
                     milliseconds % 1'000);
}

SandboxAnswer streamed_transcript(const Call& call, const Recording& recording) {
  auto answer = event_stream();
  for (const auto piece : pieces(recording.text)) {
    add_event(answer, {}, {{"type", "transcript.text.delta"}, {"delta", piece}});
  }
  Json done{{"type", "transcript.text.done"}, {"text", recording.text}};
  if (call.usage()) done["usage"] = usage_of(call, recording);
  add_event(answer, {}, done);
  return answer;
}

}  // namespace

SandboxAnswer speech(const Call& call) {
  const auto input = call.text("input");
  if (input.empty()) return refusal("Missing required parameter: 'input'.", "input");
  const auto characters =
      std::max<std::int64_t>(call.request.peek.input_characters, count_tokens(input));
  const auto milliseconds =
      std::clamp(std::min(characters, kSpeechMillisecondsMax) * kMillisecondsPerCharacter,
                 kSpeechMillisecondsMin, kSpeechMillisecondsMax);
  auto wav = make_wav(milliseconds);
  if (call.text("stream_format") == "sse") return streamed_speech(call, wav, milliseconds);
  return plain_answer("audio/wav", std::move(wav));
}

SandboxAnswer transcription(const Call& call) {
  const auto* file = call.part("file");
  if (file == nullptr) return refusal("Missing required parameter: 'file'.", "file");
  const auto recording = describe(*file);
  if (call.stream()) return streamed_transcript(call, recording);

  const auto format = call.text("response_format");
  constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
  if (format == "text") return plain_answer(kPlainText, recording.text + "\n");
  if (format == "srt") {
    return plain_answer(kPlainText,
                        fmt::format("1\n{} --> {}\n{}\n\n", timestamp(0, ','),
                                    timestamp(recording.milliseconds, ','), recording.text));
  }
  if (format == "vtt") {
    return plain_answer(kPlainText,
                        fmt::format("WEBVTT\n\n{} --> {}\n{}\n\n", timestamp(0, '.'),
                                    timestamp(recording.milliseconds, '.'), recording.text));
  }
  if (format == "verbose_json") return verbose(call, recording);

  Json body{{"text", recording.text}};
  const bool translation = call.request.endpoint == openai::Endpoint::kTranslations;
  if (call.usage() && !translation) body["usage"] = usage_of(call, recording);
  return json_answer(body);
}

}  // namespace tg::providers::sandbox
