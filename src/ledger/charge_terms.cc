// SPDX-License-Identifier: Apache-2.0
#include "ledger/charge_terms.h"

#include <algorithm>

#include "ledger/token_classes.h"

namespace tg::ledger {
namespace {

using config::Model;
using config::Price;
using config::Unit;
using openai::Usage;
using Note = ChargeTerm::Note;

class Itemizing {
 public:
  Itemizing(const Model& model, const Usage& usage, const PriceQualifiers& qualifiers)
      : model_{model}, usage_{usage}, qualifiers_{qualifiers} {}

  Result<ChargeTerms> run() {
    if (usage_.source == openai::UsageSource::kNone && !anything_used()) return terms_;
    TG_TRY_DONE(add_all());
    for (const auto& extra : kExtras) add(extra);
    if (const auto* price = find(Unit::kRequest)) {
      terms_.add({.unit = Unit::kRequest, .count = 1, .price = price});
    }
    return terms_;
  }

 private:
  bool anything_used() const { return !(usage_ == Usage{}); }

  const Price* find(Unit unit) const {
    return find_price(model_, unit, qualifiers_, usage_.input_tokens());
  }

  const Price* find(const TokenClass& tokens) const {
    const auto* price = find(tokens.unit);
    if (price == nullptr) price = find(tokens.fallback);
    if (price == nullptr && tokens.fallback == Unit::kCacheWriteTextToken) {
      price = find(Unit::kInputTextToken);
    }
    return price;
  }

  // A size or quality that was left to the upstream, and that it did not name: the dearest.
  const Price* find_dearest(Unit unit) const {
    return dearest_price(model_, unit,
                         {.tiers = {"", qualifiers_.tier},
                          .size = qualifiers_.size,
                          .quality = qualifiers_.quality,
                          .input_tokens = usage_.input_tokens()});
  }

  Result<void> add_all() {
    if (usage_.output_images > 0) return add_images();
    const bool tokens_alone = usage_.input_milliseconds <= 0 && usage_.input_characters <= 0;
    if (tokens_alone || tokens_are_priced()) return add_tokens();
    if (usage_.input_milliseconds > 0) return add_seconds();
    if (usage_.input_characters > 0) return add_characters();
    return add_tokens();
  }

  // Whether the answer's token usage is what this model is charged by.
  bool tokens_are_priced() const {
    return usage_.input_tokens() + usage_.output_tokens() > 0 &&
           (find(Unit::kInputTextToken) || find(Unit::kOutputTextToken) ||
            find(Unit::kInputAudioToken) || find(Unit::kOutputAudioToken));
  }

  Result<void> add_tokens() {
    for (const auto& tokens : kInputTokens) TG_TRY_DONE(add(tokens));
    for (const auto& tokens : kOutputTokens) TG_TRY_DONE(add(tokens));
    return {};
  }

  Result<void> add(const TokenClass& tokens) {
    const auto count = usage_.*tokens.count;
    if (count <= 0) return {};
    const auto* price = find(tokens);
    if (!price) return fail(Code::kModelUnpriced, "a kind of token that was used has no price");
    terms_.add({.unit = tokens.unit, .count = count, .price = price});
    return {};
  }

  Result<void> add_images() {
    if (usage_.output_tokens() > 0 &&
        (find(Unit::kOutputImageToken) || find(Unit::kOutputTextToken))) {
      return add_tokens();
    }
    if (add_each(Unit::kOutputImage, usage_.output_images, 1)) return {};
    const auto pixels = pixels_of(qualifiers_.size).value_or(kPixelsUnknown);
    for (const auto unit : {Unit::kOutputPixel, Unit::kInputPixel}) {
      if (add_each(unit, pixels, usage_.output_images)) return {};
    }
    return add_images_by_token_ceiling(pixels);
  }

  // A finished call is not lost for what its tools did: without a price that costs nothing here,
  // and is told.
  void add(const Extra& extra) {
    const auto count = usage_.*extra.count;
    if (count > 0 && !add_each(extra.unit, count, 1)) terms_.miss();
  }

  bool add_each(Unit unit, std::int64_t count, std::int64_t times) {
    const auto* fitting = find(unit);
    const auto* price = fitting != nullptr ? fitting : find_dearest(unit);
    if (price == nullptr) return false;
    terms_.add({.unit = unit,
                .count = count,
                .times = times,
                .note = fitting != nullptr ? Note::kNone : Note::kDearest,
                .price = price});
    return true;
  }

  // A model that is priced by token, and an answer that names none: what such an image takes at
  // most.
  Result<void> add_images_by_token_ceiling(std::int64_t pixels) {
    constexpr auto& kImageTokens = kOutputTokens[2];
    const auto* price = find(kImageTokens);
    if (!price) return fail(Code::kModelUnpriced, "its images have no price");
    terms_.add({.unit = kImageTokens.unit,
                .count = image_tokens_max(pixels),
                .times = usage_.output_images,
                .note = Note::kTokenCeiling,
                .price = price});
    return {};
  }

  Result<void> add_seconds() {
    const auto* price = find(Unit::kInputSecond);
    if (!price) return fail(Code::kModelUnpriced, "a second of its input has no price");
    terms_.add({.unit = Unit::kInputSecond,
                .count = usage_.input_milliseconds,
                .thousandths = true,
                .price = price});
    return {};
  }

  Result<void> add_characters() {
    if (const auto* price = find(Unit::kInputCharacter)) {
      terms_.add(
          {.unit = Unit::kInputCharacter, .count = usage_.input_characters, .price = price});
      return {};
    }
    // Where neither tokens nor characters can be charged, the length of what was spoken can.
    const auto* price = find(Unit::kOutputSecond);
    if (!price) return fail(Code::kModelUnpriced, "its speech has no price");
    terms_.add({.unit = Unit::kOutputSecond,
                .count = spoken_milliseconds(usage_.input_characters),
                .thousandths = true,
                .note = Note::kSpokenLength,
                .price = price});
    return {};
  }

  const Model& model_;
  const Usage& usage_;
  const PriceQualifiers& qualifiers_;
  ChargeTerms terms_;
};

}  // namespace

void ChargeTerm::add_to(PriceSum& sum) const noexcept {
  if (thousandths) {
    sum.add_thousandths(count, price->nanousd_per_million);
  } else {
    sum.add(count, times, price->nanousd_per_million);
  }
}

PriceSum ChargeTerms::sum() const noexcept {
  PriceSum sum;
  for (const auto& term : all()) term.add_to(sum);
  return sum;
}

NanoUsd ChargeTerms::total() const noexcept { return std::min(sum().rounded(), kChargeMax); }

Result<ChargeTerms> itemize(const Model& model, const Usage& usage,
                            const PriceQualifiers& qualifiers) {
  if (is_free(model)) return ChargeTerms{};
  return Itemizing{model, usage, qualifiers}.run();
}

}  // namespace tg::ledger
