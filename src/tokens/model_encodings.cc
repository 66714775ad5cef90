// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tokens/tokenizer.h"

namespace tg::tokens {
namespace {

struct Row {
  std::string_view name;
  Encoding encoding;
};

// tiktoken 0.14's MODEL_TO_ENCODING. The two that it gives encodings of their own are these in
// ordinary text: gpt2 is r50k_base, p50k_edit is p50k_base.
constexpr Row kModels[] = {
    {"o1", Encoding::kO200kBase},
    {"o3", Encoding::kO200kBase},
    {"o4-mini", Encoding::kO200kBase},
    {"gpt-5", Encoding::kO200kBase},
    {"gpt-4.1", Encoding::kO200kBase},
    {"gpt-4o", Encoding::kO200kBase},
    {"gpt-4", Encoding::kCl100kBase},
    {"gpt-3.5-turbo", Encoding::kCl100kBase},
    {"gpt-3.5", Encoding::kCl100kBase},
    {"gpt-35-turbo", Encoding::kCl100kBase},
    {"davinci-002", Encoding::kCl100kBase},
    {"babbage-002", Encoding::kCl100kBase},
    {"text-embedding-ada-002", Encoding::kCl100kBase},
    {"text-embedding-3-small", Encoding::kCl100kBase},
    {"text-embedding-3-large", Encoding::kCl100kBase},
    {"text-davinci-003", Encoding::kP50kBase},
    {"text-davinci-002", Encoding::kP50kBase},
    {"text-davinci-001", Encoding::kR50kBase},
    {"text-curie-001", Encoding::kR50kBase},
    {"text-babbage-001", Encoding::kR50kBase},
    {"text-ada-001", Encoding::kR50kBase},
    {"davinci", Encoding::kR50kBase},
    {"curie", Encoding::kR50kBase},
    {"babbage", Encoding::kR50kBase},
    {"ada", Encoding::kR50kBase},
    {"code-davinci-002", Encoding::kP50kBase},
    {"code-davinci-001", Encoding::kP50kBase},
    {"code-cushman-002", Encoding::kP50kBase},
    {"code-cushman-001", Encoding::kP50kBase},
    {"davinci-codex", Encoding::kP50kBase},
    {"cushman-codex", Encoding::kP50kBase},
    {"text-davinci-edit-001", Encoding::kP50kBase},
    {"code-davinci-edit-001", Encoding::kP50kBase},
    {"text-similarity-davinci-001", Encoding::kR50kBase},
    {"text-similarity-curie-001", Encoding::kR50kBase},
    {"text-similarity-babbage-001", Encoding::kR50kBase},
    {"text-similarity-ada-001", Encoding::kR50kBase},
    {"text-search-davinci-doc-001", Encoding::kR50kBase},
    {"text-search-curie-doc-001", Encoding::kR50kBase},
    {"text-search-babbage-doc-001", Encoding::kR50kBase},
    {"text-search-ada-doc-001", Encoding::kR50kBase},
    {"code-search-babbage-code-001", Encoding::kR50kBase},
    {"code-search-ada-code-001", Encoding::kR50kBase},
    {"gpt2", Encoding::kR50kBase},
    {"gpt-2", Encoding::kR50kBase},
};

// Its MODEL_PREFIX_TO_ENCODING, in its order: the first that fits. The first two are ours: it would
// take fine-tuned gpt-4.1 for gpt-4, and knows no fine-tuned o4-mini.
constexpr Row kPrefixes[] = {
    {"ft:gpt-4.1", Encoding::kO200kBase},
    {"ft:o4-mini", Encoding::kO200kBase},
    {"o1-", Encoding::kO200kBase},
    {"o3-", Encoding::kO200kBase},
    {"o4-mini-", Encoding::kO200kBase},
    {"gpt-5", Encoding::kO200kBase},
    {"gpt-4.5-", Encoding::kO200kBase},
    {"gpt-4.1-", Encoding::kO200kBase},
    {"chatgpt-4o-", Encoding::kO200kBase},
    {"gpt-4o-", Encoding::kO200kBase},
    {"gpt-4-", Encoding::kCl100kBase},
    {"gpt-3.5-turbo-", Encoding::kCl100kBase},
    {"gpt-35-turbo-", Encoding::kCl100kBase},
    {"gpt-oss-", Encoding::kO200kHarmony},
    {"ft:gpt-4o", Encoding::kO200kBase},
    {"ft:gpt-4", Encoding::kCl100kBase},
    {"ft:gpt-3.5-turbo", Encoding::kCl100kBase},
    {"ft:davinci-002", Encoding::kCl100kBase},
    {"ft:babbage-002", Encoding::kCl100kBase},
};

}  // namespace

std::optional<Encoding> encoding_of_model(std::string_view model) noexcept {
  const auto* exact = std::ranges::find(kModels, model, &Row::name);
  if (exact != std::end(kModels)) return exact->encoding;
  const auto* begins = std::ranges::find_if(
      kPrefixes, [model](const Row& row) { return model.starts_with(row.name); });
  if (begins != std::end(kPrefixes)) return begins->encoding;
  return std::nullopt;
}

}  // namespace tg::tokens
