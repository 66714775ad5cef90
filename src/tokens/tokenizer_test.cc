// SPDX-License-Identifier: Apache-2.0
#include "tokens/tokenizer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "tokens/byte_pairs.h"
#include "tokens/joining.h"
#include "tokens/token_counter.h"
#include "tokens/unicode_class.h"
#include "tokens/utf8.h"

namespace tg::tokens {
namespace {

using namespace std::string_literals;
using Ranks = std::vector<Rank>;

const Tokenizer& of(Encoding encoding) {
  static const Tokenizers kTokenizers;
  return kTokenizers.of(encoding);
}

std::string repeat(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string decoded(const Vocabulary& vocabulary, const Ranks& ranks) {
  std::string text;
  for (const auto rank : ranks) text += vocabulary.token(rank);
  return text;
}

// The definition, followed word by word.
Ranks joined_by_definition(const Vocabulary& vocabulary, std::string_view piece) {
  std::vector<std::string> parts;
  for (const char byte : piece) parts.emplace_back(1, byte);
  while (true) {
    Rank least = kNoRank;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const Rank rank = vocabulary.find(parts[i] + parts[i + 1]);
      if (rank < least) {
        least = rank;
        at = i;
      }
    }
    if (least == kNoRank) break;
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  Ranks ranks;
  for (const auto& part : parts) ranks.push_back(vocabulary.find(part));
  return ranks;
}

Ranks joined(const Vocabulary& vocabulary, std::string_view piece) {
  Ranks ranks;
  encode_piece(vocabulary, piece, ranks);
  EXPECT_EQ(ranks.size(), count_piece(vocabulary, piece));
  return ranks;
}

// What is likely to meet a rule: white space, contractions, letters of every kind, symbols.
std::string random_text(std::mt19937& chance, std::size_t atoms) {
  static const std::vector<std::string> kAtoms{" ",
                                               "  ",
                                               "\n",
                                               "\r\n",
                                               "\t",
                                               "\u00A0",
                                               "\u3000",
                                               "'s",
                                               "'LL",
                                               "'re",
                                               "'\u017F",
                                               "'",
                                               "a",
                                               "A",
                                               "Ab",
                                               "aB",
                                               "\u00C9",
                                               "\u01C5",
                                               "\u02B0",
                                               "\u65E5",
                                               "\u0301",
                                               "1",
                                               "1234",
                                               "\u00BD",
                                               "!",
                                               "/",
                                               "...",
                                               "\U0001F642",
                                               "hello",
                                               " world",
                                               "<|endoftext|>",
                                               "\0"s,
                                               "\x80"};
  std::string text;
  for (std::size_t i = 0; i < atoms; ++i) text += kAtoms[chance() % kAtoms.size()];
  return text;
}

TEST(Tokenizer, CountsWhatTiktokenCounts) {
  const std::string text = "Hello, world! \u4F60\u597D \U0001F642  \n\n 1234567 don't DON'T";
  EXPECT_EQ(of(Encoding::kR50kBase).count(text), 21);
  EXPECT_EQ(of(Encoding::kP50kBase).count(text), 20);
  EXPECT_EQ(of(Encoding::kCl100kBase).count(text), 17);
  EXPECT_EQ(of(Encoding::kO200kBase).count(text), 14);
  EXPECT_EQ(of(Encoding::kO200kHarmony).count(text), 14);
}

TEST(Tokenizer, EncodesToTiktokensNumbers) {
  EXPECT_EQ(of(Encoding::kR50kBase).encode("hello world"), (Ranks{31373, 995}));
  EXPECT_EQ(of(Encoding::kP50kBase).encode("hello world"), (Ranks{31373, 995}));
  EXPECT_EQ(of(Encoding::kCl100kBase).encode("hello world"), (Ranks{15339, 1917}));
  EXPECT_EQ(of(Encoding::kO200kBase).encode("hello world"), (Ranks{24912, 2375}));
}

TEST(Tokenizer, SpecialTokensAreOrdinaryText) {
  EXPECT_EQ(of(Encoding::kCl100kBase).count("<|endoftext|>"), 7);
  EXPECT_EQ(of(Encoding::kO200kBase).count("<|endoftext|>"), 7);
}

TEST(Tokenizer, TheEmptyTextIsNoTokens) {
  for (const auto encoding : kEncodings) {
    EXPECT_EQ(of(encoding).count(""), 0);
    EXPECT_EQ(of(encoding).encode(""), Ranks{});
  }
}

TEST(Tokenizer, WhatIsNotUtf8IsReplaced) {
  for (const auto encoding : kEncodings) {
    const auto& tokenizer = of(encoding);
    EXPECT_EQ(tokenizer.encode("a\xFF"), tokenizer.encode("a\uFFFD"));
    // As Python's decoder does: the beginning of a character is replaced as one.
    EXPECT_EQ(tokenizer.encode("\xF0\x9F\x99"), tokenizer.encode("\uFFFD"));
    EXPECT_EQ(tokenizer.encode("\xED\xA0\x80"), tokenizer.encode("\uFFFD\uFFFD\uFFFD"));
    EXPECT_EQ(tokenizer.encode("\xE0\x80"), tokenizer.encode("\uFFFD\uFFFD"));
  }
}

TEST(Tokenizer, TokensAreTheTextAgainAndNeverMoreThanItsBytes) {
  std::mt19937 chance{7};
  for (int i = 0; i < 2000; ++i) {
    const auto text = random_text(chance, chance() % 40);
    std::string scratch;
    const std::string valid{valid_utf8(text, scratch)};
    for (const auto encoding : kEncodings) {
      const auto& tokenizer = of(encoding);
      const auto ranks = tokenizer.encode(text);
      EXPECT_EQ(decoded(tokenizer.vocabulary(), ranks), valid);
      EXPECT_EQ(tokenizer.count(text), static_cast<std::int64_t>(ranks.size()));
    }
  }
}

TEST(Tokenizer, AMegabyteOfAnythingIsCountedAtOnce) {
  // A bound that only a count in quadratic time misses: bench/ measures how long it really takes.
  for (const auto* piece :
       {"a", " ", "\n", "\U0001F642", "\u0301", "!", "0", "\u65E5", "ab", "A\u65E5"}) {
    const auto text = repeat(piece, 1'000'000 / std::string_view{piece}.size());
    for (const auto encoding : kEncodings) {
      const auto began = std::chrono::steady_clock::now();
      EXPECT_GT(of(encoding).count(text), 0);
      EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{2}) << piece;
    }
  }
}

TEST(Models, HaveTheEncodingOfTiktokensTable) {
  EXPECT_EQ(encoding_of_model("gpt-4o"), Encoding::kO200kBase);
  EXPECT_EQ(encoding_of_model("gpt-4o-mini-2024-07-18"), Encoding::kO200kBase);
  EXPECT_EQ(encoding_of_model("gpt-5-nano"), Encoding::kO200kBase);
  EXPECT_EQ(encoding_of_model("o3-mini"), Encoding::kO200kBase);
  EXPECT_EQ(encoding_of_model("gpt-oss-120b"), Encoding::kO200kHarmony);
  EXPECT_EQ(encoding_of_model("gpt-4"), Encoding::kCl100kBase);
  EXPECT_EQ(encoding_of_model("gpt-4-32k"), Encoding::kCl100kBase);
  EXPECT_EQ(encoding_of_model("text-embedding-3-large"), Encoding::kCl100kBase);
  EXPECT_EQ(encoding_of_model("text-davinci-003"), Encoding::kP50kBase);
  EXPECT_EQ(encoding_of_model("davinci"), Encoding::kR50kBase);
  EXPECT_EQ(encoding_of_model("ft:gpt-4o:org::id"), Encoding::kO200kBase);
  EXPECT_EQ(encoding_of_model("ft:gpt-4:org::id"), Encoding::kCl100kBase);
}

TEST(Models, FineTunedOnesHaveTheirBaseModelsEncoding) {
  EXPECT_EQ(encoding_of_model("ft:gpt-4.1-mini:org::id"), encoding_of_model("gpt-4.1-mini"));
  EXPECT_EQ(encoding_of_model("ft:o4-mini-2025:org::id"), encoding_of_model("o4-mini-2025"));
}

TEST(Models, OfOtherVocabulariesHaveNone) {
  for (const auto* model : {"", "claude-3-opus", "llama-3", "gemini-2.5-pro", "gpt-3", "o1x"}) {
    EXPECT_EQ(encoding_of_model(model), std::nullopt) << model;
  }
}

TEST(Encodings, AreFoundByTheirNames) {
  for (const auto encoding : kEncodings) EXPECT_EQ(encoding_named(name_of(encoding)), encoding);
  EXPECT_EQ(encoding_named("o200k"), std::nullopt);
}

TEST(Vocabulary, JoinsEachTokenFromItsBytes) {
  for (const auto encoding : kEncodings) {
    const auto& vocabulary = of(encoding).vocabulary();
    for (Rank rank = 0; rank < vocabulary.size(); ++rank) {
      const auto token = vocabulary.token(rank);
      if (token.empty()) continue;  // p50k's gap
      ASSERT_EQ(vocabulary.find(token), rank);
    }
  }
}

TEST(BytePairs, AreJoinedAsTheDefinitionSays) {
  std::mt19937 chance{11};
  for (const auto encoding : kEncodings) {
    const auto& vocabulary = of(encoding).vocabulary();
    for (const std::string_view alphabet :
         {"ab", "etaoin shrdlu", " \n", "\xE6\x97\xA5\xA4\xAC", "=-#/"}) {
      for (int i = 0; i < 60; ++i) {
        std::string piece;
        const auto size = 1 + chance() % (i < 50 ? 200 : 700);
        for (std::size_t at = 0; at < size; ++at) piece += alphabet[chance() % alphabet.size()];
        ASSERT_EQ(joined(vocabulary, piece), joined_by_definition(vocabulary, piece)) << piece;
      }
    }
  }
}

// The longest chain of two-byte tokens, each joined before the one on its left: what its last byte
// is decides on every token, so it has no seam.
std::string chain_without_seams(const Vocabulary& vocabulary) {
  std::vector<std::string> from;  // each byte, with the tokens of lower ranks
  for (int byte = 0; byte < 256; ++byte) from.emplace_back(1, static_cast<char>(byte));
  std::string longest;
  for (Rank rank = 256; rank < vocabulary.size(); ++rank) {
    const auto token = vocabulary.token(rank);
    if (token.size() != 2) continue;
    auto chain = std::string{token.substr(0, 1)} + from[static_cast<unsigned char>(token[1])];
    auto& kept = from[static_cast<unsigned char>(token[0])];
    if (chain.size() > kept.size()) kept = std::move(chain);
    if (kept.size() > longest.size()) longest = kept;
  }
  return longest;
}

TEST(BytePairs, ChainsThatTheirEndDecidesOnAreJoinedAsTheDefinitionSays) {
  for (const auto encoding : kEncodings) {
    const auto& vocabulary = of(encoding).vocabulary();
    const auto chain = chain_without_seams(vocabulary);
    EXPECT_GT(chain.size(), 40U);
    for (std::size_t size = 1; size <= chain.size(); ++size) {
      const auto piece = chain.substr(chain.size() - size);
      for (const auto& text :
           {piece, piece + piece, chain + chain + piece, chain + piece + chain}) {
        ASSERT_EQ(joined(vocabulary, text), joined_by_definition(vocabulary, text));
      }
    }
  }
}

template <typename Joined>
Ranks joined_as(const Vocabulary& vocabulary, std::string_view piece) {
  Joined joining{vocabulary, piece};
  joining.run();
  Ranks ranks;
  joining.each_token([&ranks](Rank rank) { ranks.push_back(rank); });
  return ranks;
}

TEST(Joining, IsTheDefinitionInEverySize) {
  std::mt19937 chance{17};
  const auto& vocabulary = of(Encoding::kO200kBase).vocabulary();
  for (std::size_t size = 1; size < 700; size += 1 + size / 16) {
    std::string piece;
    while (piece.size() < size) piece += "etaoin shrdlu\n"[chance() % 14];
    const auto expected = joined_by_definition(vocabulary, piece);
    ASSERT_EQ(joined_as<LongJoining<NarrowKey>>(vocabulary, piece), expected);
    ASSERT_EQ(joined_as<LongJoining<WideKey>>(vocabulary, piece), expected);
    if (size > ShortJoining::kSlotsMax) continue;
    ASSERT_EQ(joined_as<ShortJoining>(vocabulary, piece), expected);
  }
}

TEST(Joining, OfAMegabyteIsWhatItsWindowsAre) {
  const auto& vocabulary = of(Encoding::kCl100kBase).vocabulary();
  for (const std::string_view piece : {"a", " ", "abcab", "\xE6\x97\xA5"}) {
    const auto text = repeat(piece, 1'000'000 / piece.size());
    ASSERT_EQ(joined_as<LongJoining<WideKey>>(vocabulary, text), joined(vocabulary, text));
  }
}

TEST(TokenCounter, CountsTheSameHoweverTheTextIsCut) {
  std::mt19937 chance{13};
  for (int i = 0; i < 400; ++i) {
    const auto text = random_text(chance, chance() % 400);
    for (const auto encoding : kEncodings) {
      TokenCounter counter{of(encoding)};
      const std::size_t part_max = 1 + chance() % 300;
      for (std::size_t at = 0; at < text.size();) {
        const auto size = 1 + chance() % part_max;
        counter.feed(std::string_view{text}.substr(at, size));
        at += size;
      }
      const auto count = of(encoding).count(text);
      EXPECT_LE(counter.at_least(), count);
      EXPECT_GE(counter.at_most(), count);
      ASSERT_EQ(counter.finish(), count);
      EXPECT_TRUE(counter.exact());
    }
  }
}

TEST(TokenCounter, AfterATextBeginsTheNext) {
  TokenCounter counter{of(Encoding::kO200kBase)};
  counter.feed("hello world");
  EXPECT_EQ(counter.finish(), 2);
  EXPECT_EQ(counter.finish(), 2);
  counter.feed("hello");
  EXPECT_EQ(counter.finish(), 1);
}

TEST(TokenCounter, APieceBeyondItsMemoryIsCountedInPartsAndMarked) {
  for (const auto* piece : {"a", " ", "\u0301", "\u65E5"}) {
    for (const auto encoding : {Encoding::kO200kBase, Encoding::kCl100kBase}) {
      const auto text = repeat(piece, 1'000'000);
      TokenCounter counter{of(encoding)};
      for (std::size_t at = 0; at < text.size(); at += 7) {
        counter.feed(std::string_view{text}.substr(at, 7));
      }
      const auto count = of(encoding).count(text);
      EXPECT_NEAR(static_cast<double>(counter.finish()), static_cast<double>(count), 64) << piece;
      EXPECT_FALSE(counter.exact());
    }
  }
}

TEST(TokenCounter, APieceWithinItsMemoryIsExact) {
  const auto text = repeat("a", TokenCounter::kPieceMax - 1) + " b";
  TokenCounter counter{of(Encoding::kO200kBase)};
  counter.feed(text);
  EXPECT_EQ(counter.finish(), of(Encoding::kO200kBase).count(text));
  EXPECT_TRUE(counter.exact());
}

TEST(UnicodeClass, KnowsOneOfEachKind) {
  EXPECT_EQ(class_of(U'A'), kUpper);
  EXPECT_EQ(class_of(0x1C5), kUpper);  // of title case
  EXPECT_EQ(class_of(U'a'), kLower);
  EXPECT_EQ(class_of(0x65E5), kUncased);
  EXPECT_EQ(class_of(0x2B0), kUncased);
  EXPECT_EQ(class_of(0x301), kMark);
  EXPECT_EQ(class_of(U'7'), kNumber);
  EXPECT_EQ(class_of(0xBD), kNumber);
  EXPECT_EQ(class_of(0x3000), kSpace);
  EXPECT_EQ(class_of(U'\r'), kNewline);
  EXPECT_EQ(class_of(0x180E), kOther);  // no white space since Unicode 6.3
  EXPECT_EQ(class_of(0x10FFFF), kOther);
}

}  // namespace
}  // namespace tg::tokens
