// SPDX-License-Identifier: Apache-2.0
#include "ledger/estimates.h"

#include <algorithm>

namespace tg::ledger {
namespace {

// OpenAI bills an image of ordinary size at several hundred tokens; 1,024 px high detail is 765.
constexpr std::int64_t kTokensPerImage = 765;
// gpt-4o-transcribe: ten tokens of audio a second.
constexpr std::int64_t kMillisecondsPerAudioToken = 100;
// Speech at an ordinary pace: fifteen characters and twenty audio tokens a second.
constexpr std::int64_t audio_tokens_of(std::int64_t characters) { return characters * 4 / 3 + 1; }

}  // namespace

bool priced_by(const config::Model& model, config::Unit unit) {
  return std::ranges::any_of(model.prices.of(unit),
                             [](const auto& price) { return price.nanousd_per_million > 0; });
}

openai::Usage estimated_input(const config::Model& model, openai::Endpoint endpoint,
                              const openai::RequestPeek& request) {
  openai::Usage usage;
  usage.source = openai::UsageSource::kEstimated;
  switch (endpoint) {
    case openai::Endpoint::kTranscriptions:
    case openai::Endpoint::kTranslations:
      usage.input_milliseconds = request.input_milliseconds;
      if (!priced_by(model, config::Unit::kInputSecond)) {
        usage.input_audio_tokens = request.input_milliseconds / kMillisecondsPerAudioToken;
      }
      break;
    case openai::Endpoint::kSpeech:
      usage.input_characters = request.input_characters;
      if (!priced_by(model, config::Unit::kInputCharacter)) {
        usage.input_text_tokens = estimated_tokens(request.input_bytes);
      }
      break;
    default:
      usage.input_text_tokens = estimated_tokens(request.input_bytes);
      usage.input_image_tokens = request.images * kTokensPerImage;
      break;
  }
  return usage;
}

openai::Usage estimated_usage(const config::Model& model, openai::Endpoint endpoint,
                              const openai::RequestPeek& request, const openai::Answer& answer) {
  auto usage = estimated_input(model, endpoint, request);
  if (answer.input_tokens_counted) usage.input_text_tokens = *answer.input_tokens_counted;
  switch (endpoint) {
    case openai::Endpoint::kEmbeddings: break;
    case openai::Endpoint::kImageGenerations:
    case openai::Endpoint::kImageEdits:
    case openai::Endpoint::kImageVariations:
      usage.output_images = answer.images;
      if (priced_by(model, config::Unit::kOutputImage)) {
        usage.source = openai::UsageSource::kCounted;
      }
      break;
    case openai::Endpoint::kSpeech:
      if (priced_by(model, config::Unit::kInputCharacter)) {
        usage.source = openai::UsageSource::kCounted;
      } else {
        usage.output_audio_tokens = audio_tokens_of(request.input_characters);
      }
      break;
    case openai::Endpoint::kTranscriptions:
    case openai::Endpoint::kTranslations:
      if (priced_by(model, config::Unit::kInputSecond)) {
        usage.source = openai::UsageSource::kCounted;
        break;
      }
      [[fallthrough]];
    default:
      usage.output_text_tokens =
          answer.output_tokens_counted.value_or(estimated_tokens(answer.output_bytes));
      break;
  }
  return usage;
}

}  // namespace tg::ledger
