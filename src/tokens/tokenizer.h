// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "tokens/pretokens.h"
#include "tokens/vocabulary.h"

// How many tokens a text is, exactly as OpenAI's tiktoken counts it, in the encodings of OpenAI's
// models. Special tokens have no special meaning (`encode_ordinary`): a text that says
// <|endoftext|> is those letters. Bytes that are not UTF-8 count as U+FFFD (utf8.h).
//
//   const Tokenizers tokenizers;
//   if (const auto encoding = encoding_of_model(model)) tokenizers.of(*encoding).count(text);
//
// Threading:  all const, shared by all. The first use of an encoding builds its tables, for up to
//             60 ms; who must not wait calls of() beforehand, elsewhere.
// Limits:     time n log n in the text whatever it is, and linear in all but what was made to be
//             worst (byte_pairs.h); no recursion.
// Errors:     none.
namespace tg::tokens {

enum class Encoding : std::uint8_t {
  kO200kBase,
  kO200kHarmony,
  kCl100kBase,
  kP50kBase,
  kR50kBase,
};
inline constexpr std::array kEncodings = {Encoding::kO200kBase, Encoding::kO200kHarmony,
                                          Encoding::kCl100kBase, Encoding::kP50kBase,
                                          Encoding::kR50kBase};

// "o200k_base" …, and back.
[[nodiscard]] std::string_view name_of(Encoding encoding) noexcept;
[[nodiscard]] std::optional<Encoding> encoding_named(std::string_view name) noexcept;

// Of a model of OpenAI's, by tiktoken's table and its rules for names with a date behind them and
// for fine-tuned models; nothing for all others, whose vocabulary is not here.
[[nodiscard]] std::optional<Encoding> encoding_of_model(std::string_view model) noexcept;

class Tokenizer {
 public:
  Tokenizer(Pattern pattern, std::string_view merges, std::size_t ranks_max)
      : pattern_{pattern}, vocabulary_{merges, ranks_max} {}

  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  [[nodiscard]] std::int64_t count(std::string_view text) const;
  [[nodiscard]] std::vector<Rank> encode(std::string_view text) const;

  [[nodiscard]] Pattern pattern() const noexcept { return pattern_; }
  [[nodiscard]] const Vocabulary& vocabulary() const noexcept { return vocabulary_; }

 private:
  Pattern pattern_;
  Vocabulary vocabulary_;
};

// All encodings, each built when it is first asked for.
class Tokenizers {
 public:
  Tokenizers() = default;
  Tokenizers(const Tokenizers&) = delete;
  Tokenizers& operator=(const Tokenizers&) = delete;

  [[nodiscard]] const Tokenizer& of(Encoding encoding) const [[clang::lifetimebound]];

 private:
  struct Kept {
    std::once_flag once;
    std::unique_ptr<const Tokenizer> tokenizer;
  };
  mutable std::array<Kept, kEncodings.size()> kept_;
};

}  // namespace tg::tokens
