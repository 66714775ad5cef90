// SPDX-License-Identifier: Apache-2.0
#include "tokens/tokenizer.h"

#include <algorithm>

#include "tokens/byte_pairs.h"
#include "tokens/utf8.h"

extern "C" {
extern const char vocabulary_p50k[];
extern const std::size_t vocabulary_p50k_size;
extern const char vocabulary_cl100k[];
extern const std::size_t vocabulary_cl100k_size;
extern const char vocabulary_o200k[];
extern const std::size_t vocabulary_o200k_size;
}

namespace tg::tokens {
namespace {

// r50k_base is p50k_base without what was added for code: runs of spaces.
constexpr std::size_t kR50kRanks = 50'256;

std::unique_ptr<const Tokenizer> make_tokenizer(Encoding encoding) {
  switch (encoding) {
    case Encoding::kO200kBase:
    case Encoding::kO200kHarmony:
      return std::make_unique<Tokenizer>(
          Pattern::kO200k, std::string_view{vocabulary_o200k, vocabulary_o200k_size}, SIZE_MAX);
    case Encoding::kCl100kBase:
      return std::make_unique<Tokenizer>(
          Pattern::kCl100k, std::string_view{vocabulary_cl100k, vocabulary_cl100k_size}, SIZE_MAX);
    case Encoding::kP50kBase:
      return std::make_unique<Tokenizer>(
          Pattern::kGpt2, std::string_view{vocabulary_p50k, vocabulary_p50k_size}, SIZE_MAX);
    case Encoding::kR50kBase: break;
  }
  return std::make_unique<Tokenizer>(
      Pattern::kGpt2, std::string_view{vocabulary_p50k, vocabulary_p50k_size}, kR50kRanks);
}

template <typename Take>
void each_piece(Pattern pattern, std::string_view text, Take take) {
  std::string scratch;
  text = valid_utf8(text, scratch);
  while (!text.empty()) {
    const auto piece = first_piece(pattern, text);
    take(text.substr(0, piece.size));
    text.remove_prefix(piece.size);
  }
}

}  // namespace

std::string_view name_of(Encoding encoding) noexcept {
  constexpr std::array<std::string_view, kEncodings.size()> kNames = {
      "o200k_base", "o200k_harmony", "cl100k_base", "p50k_base", "r50k_base"};
  return kNames[static_cast<std::size_t>(encoding)];
}

std::optional<Encoding> encoding_named(std::string_view name) noexcept {
  const auto found = std::ranges::find(kEncodings, name, name_of);
  return found == kEncodings.end() ? std::nullopt : std::optional{*found};
}

std::int64_t Tokenizer::count(std::string_view text) const {
  std::size_t tokens = 0;
  each_piece(pattern_, text,
             [&](std::string_view piece) { tokens += count_piece(vocabulary_, piece); });
  return static_cast<std::int64_t>(tokens);
}

std::vector<Rank> Tokenizer::encode(std::string_view text) const {
  std::vector<Rank> ranks;
  ranks.reserve(text.size() / 4);
  each_piece(pattern_, text,
             [&](std::string_view piece) { encode_piece(vocabulary_, piece, ranks); });
  return ranks;
}

const Tokenizer& Tokenizers::of(Encoding encoding) const {
  // Harmony differs from o200k_base in its special tokens only, which a text has none of.
  if (encoding == Encoding::kO200kHarmony) encoding = Encoding::kO200kBase;
  auto& kept = kept_[static_cast<std::size_t>(encoding)];
  std::call_once(kept.once, [&] { kept.tokenizer = make_tokenizer(encoding); });
  return *kept.tokenizer;
}

}  // namespace tg::tokens
