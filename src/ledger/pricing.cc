// SPDX-License-Identifier: Apache-2.0
#include "ledger/pricing.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "ledger/charge_terms.h"
#include "ledger/price_sum.h"
#include "ledger/token_classes.h"

namespace tg::ledger {
namespace {

using config::Model;
using config::Unit;
using openai::Endpoint;
using openai::RequestPeek;
using openai::Usage;

// No context in the catalogue is larger; for models that do not state theirs.
constexpr std::int64_t kInputTokensUnknown = 1'050'000;
// What the catalogue's chat models without a limit stay below; the operator can state another.
constexpr std::int64_t kOutputTokensUnknown = 32'768;
// Ten of the longest contexts: a client's absurd max_tokens is the upstream's to refuse, and must
// not look like a spend limit.
constexpr std::int64_t kOutputTokensCeiling = 10'000'000;
// What a chat template says by itself: the longest default known, of gpt-oss, is about 100 tokens.
constexpr std::int64_t kTemplateTokens = 128;
// The preamble that providers add for tools (Anthropic's, the longest known, is 346).
constexpr std::int64_t kPreambleTokens = 512;
// An image to be edited, at high fidelity: 6,240 for the fidelity and 1,105 for eight tiles.
constexpr std::int64_t kEditedImageTokens = 8'192;
// Text sent for speech: at most four bytes, and so tokens, a character.
constexpr std::int64_t kSpeechTokensPerCharacter = 4;
// Speech: 21 tokens a second at 15 characters, four times as many at a quarter of the speed, thrice
// that for scripts whose characters are syllables.
constexpr std::int64_t kSpokenTokensPerCharacter = 18;

// Calls of hosted tools where the request does not say how many it allows (max_tool_calls): more
// than answers make that are no research of hours. What goes beyond is charged and told.
constexpr std::int64_t kToolCallsUnknown = 64;
constexpr std::int64_t kToolCallsMax = 1'000'000;

class Bounding {
 public:
  Bounding(const Model& model, Endpoint endpoint, const RequestPeek& request, Trust trust)
      : model_{model},
        endpoint_{endpoint},
        request_{request},
        trust_{trust},
        choice_{.tiers = tiers_that_apply(request.service_tier),
                .size = openai::makes_images(endpoint) ? std::string_view{request.size}
                                                       : request.hosted_tools.search_context.view(),
                .quality = request.quality,
                .input_tokens = input_tokens()} {}

  Result<Bound> run() {
    if (const auto price = dearest(Unit::kRequest)) sum_.add(1, *price);
    bound_.input_tokens = choice_.input_tokens;
    TG_TRY_DONE(add_input());
    add_hosted_tools();
    bound_.prompt = sum_.rounded();
    TG_TRY_DONE(add_output());
    bound_.total = sum_.rounded();
    return bound_;
  }

  // No money; limits of tokens count it like any other.
  Bound of_free_call() {
    bound_.input_tokens = openai::hears(endpoint_) ? input_limit() : choice_.input_tokens;
    if (openai::writes_text(endpoint_)) bound_.output_tokens = output_tokens() * choices();
    return bound_;
  }

 private:
  std::optional<std::int64_t> dearest(Unit unit) const {
    const auto* price = dearest_price(model_, unit, choice_);
    return price == nullptr ? std::nullopt : std::optional{price->nanousd_per_million};
  }

  template <std::size_t size>
  std::optional<std::int64_t> dearest_of(const std::array<TokenClass, size>& classes) const {
    std::optional<std::int64_t> price;
    for (const auto& tokens : classes) price = std::max(price, dearest(tokens.unit));
    return price;
  }

  std::int64_t input_limit() const {
    return model_.input_tokens_max > 0 ? model_.input_tokens_max : kInputTokensUnknown;
  }

  std::int64_t input_tokens() const {
    const auto text = std::max<std::int64_t>(request_.input_bytes, 0);
    if (request_.open_ended_input || trust_ == Trust::kNothing) {
      return saturating_add(std::max(text, input_limit()), 0);
    }
    const auto media = std::clamp<std::int64_t>(request_.images, 0, 1'000'000);
    if (openai::makes_images(endpoint_)) {
      return saturating_add(text, media * kEditedImageTokens + kPreambleTokens);
    }
    const auto media_tokens = std::min(media * kSeenImageTokensMax, input_limit());
    // A message's markers are shorter than the JSON around it, which counts as text.
    const auto added = !openai::writes_text(endpoint_) ? 0
                       : request_.tools                ? kTemplateTokens + kPreambleTokens
                                                       : kTemplateTokens;
    return saturating_add(text, media_tokens + added);
  }

  Result<void> add_input() {
    if (openai::hears(endpoint_)) return add_heard_input();
    if (endpoint_ == Endpoint::kSpeech) return add_spoken_input();
    const auto price = only_text() ? dearest_text_input() : dearest_of(kInputTokens);
    if (price) {
      sum_.add(choice_.input_tokens, *price);
    } else if (!openai::makes_images(endpoint_)) {
      return fail(Code::kModelUnpriced, "its input has no price");
    }
    return {};
  }

  bool only_text() const { return request_.images <= 0 && !request_.open_ended_input; }

  std::optional<std::int64_t> dearest_text_input() const {
    return std::max({dearest(Unit::kInputTextToken), dearest(Unit::kCachedInputTextToken),
                     dearest(Unit::kCacheWriteTextToken), dearest(Unit::kCacheWrite1hTextToken),
                     dearest(Unit::kCacheWrite12hTextToken)});
  }

  // Whatever the model asks them, at the dearest of those that it may use.
  void add_hosted_tools() {
    const auto& tools = request_.hosted_tools;
    if (!tools.any() && !model_.searches) return;
    std::optional<std::int64_t> price;
    const auto consider = [&](bool allowed, Unit unit) {
      if (allowed || tools.unknown) price = std::max(price, dearest(unit));
    };
    consider(tools.web_search || model_.searches, Unit::kWebSearchCall);
    consider(tools.file_search, Unit::kFileSearchCall);
    consider(tools.code_interpreter, Unit::kCodeInterpreterSession);
    if (price) sum_.add(tool_calls(), choices(), *price);
  }

  std::int64_t tool_calls() const {
    const auto& tools = request_.hosted_tools;
    const bool once = (tools.once || !tools.any()) && !model_.reasons;
    if (once && trust_ == Trust::kRequest) return 1;
    if (!request_.tool_calls_max) return kToolCallsUnknown;
    const auto asked = std::clamp<std::int64_t>(*request_.tool_calls_max, 0, kToolCallsMax);
    return trust_ == Trust::kRequest ? asked : std::max(asked, kToolCallsUnknown);
  }

  // Charged by tokens where the answer counts them and by seconds where not: the dearer is held.
  Result<void> add_heard_input() {
    PriceSum by_tokens;
    PriceSum by_seconds;
    const auto token = dearest_of(kInputTokens);
    const auto second = dearest(Unit::kInputSecond);
    if (!token && !second) return fail(Code::kModelUnpriced, "its input has no price");
    if (token) {
      bound_.input_tokens = input_limit();
      by_tokens.add(bound_.input_tokens, *token);
    }
    if (second) by_seconds.add_thousandths(request_.input_milliseconds, *second);
    sum_.add_dearer(by_tokens, by_seconds);
    return {};
  }

  Result<void> add_spoken_input() {
    PriceSum by_tokens;
    PriceSum by_length;
    const auto characters = std::clamp<std::int64_t>(request_.input_characters, 0, 1'000'000'000);
    const auto tokens = saturating_add(characters * kSpeechTokensPerCharacter, kPreambleTokens);
    const auto token = dearest(Unit::kInputTextToken);
    const auto character = dearest(Unit::kInputCharacter);
    const auto second = dearest(Unit::kOutputSecond);
    if (!token && !character && !second) {
      return fail(Code::kModelUnpriced, "its speech has no price");
    }
    bound_.input_tokens = tokens;
    if (token) by_tokens.add(tokens, *token);
    if (character) by_length.add(characters, *character);
    if (second && !character) by_length.add_thousandths(spoken_milliseconds(characters), *second);
    sum_.add_dearer(by_tokens, by_length);
    return {};
  }

  Result<void> add_output() {
    if (openai::makes_images(endpoint_)) return add_made_images();
    if (endpoint_ == Endpoint::kSpeech) return add_speech();
    if (openai::hears(endpoint_)) return add_transcript();
    if (!openai::writes_text(endpoint_)) return {};
    const auto price = dearest_of(kOutputTokens);
    if (!price || !dearest(Unit::kOutputTextToken)) {
      return fail(Code::kModelUnpriced, "its output has no price");
    }
    sum_.add(output_tokens(), choices(), *price);
    bound_.output_tokens = output_tokens() * choices();
    // What is compacted takes no limit of its output.
    bound_.output_price = endpoint_ == Endpoint::kCompact ? 0 : *price;
    return {};
  }

  std::int64_t choices() const { return std::clamp<std::int64_t>(request_.choices, 1, 1'000'000); }

  std::int64_t output_tokens() const {
    if (request_.output_tokens_max && trust_ == Trust::kRequest) {
      return std::clamp<std::int64_t>(*request_.output_tokens_max, 0, kOutputTokensCeiling);
    }
    return model_.output_tokens_max > 0 ? model_.output_tokens_max : kOutputTokensUnknown;
  }

  Result<void> add_speech() {
    if (const auto price = dearest_of(kOutputTokens)) {
      const auto characters = std::clamp<std::int64_t>(request_.input_characters, 0, 1'000'000'000);
      bound_.output_tokens = characters * kSpokenTokensPerCharacter;
      sum_.add(bound_.output_tokens, *price);
    }
    return {};
  }

  Result<void> add_transcript() {
    const auto price = dearest_of(kOutputTokens);
    if (!price) return {};
    bound_.output_tokens = output_tokens();
    sum_.add(bound_.output_tokens, *price);
    return {};
  }

  Result<void> add_made_images() {
    const auto image = dearest(Unit::kOutputImage);
    const auto pixel = std::max(dearest(Unit::kOutputPixel), dearest(Unit::kInputPixel));
    const auto token = dearest_of(kOutputTokens);
    if (!image && !pixel && !token) return fail(Code::kModelUnpriced, "its images have no price");
    const auto pixels = pixels_of(request_.size).value_or(kPixelsUnknown);
    PriceSum by_image;
    PriceSum by_token;
    if (image) {
      by_image.add(choices(), *image);
    } else if (pixel) {
      by_image.add(pixels, choices(), *pixel);
    }
    // A price for just this size and quality is the provider's own bound of the tokens.
    const bool exact = image && has_exact_price(model_, Unit::kOutputImage, choice_);
    bound_.output_tokens = saturating_add(image_tokens_max(pixels) * choices(), 0);
    if (token && !exact) by_token.add(image_tokens_max(pixels), choices(), *token);
    sum_.add_dearer(by_image, by_token);
    return {};
  }

  const Model& model_;
  const Endpoint endpoint_;
  const RequestPeek& request_;
  const Trust trust_;
  const PriceChoice choice_;
  PriceSum sum_;
  Bound bound_;
};

constexpr std::int64_t kPriceUnit = 1'000'000;

}  // namespace

NanoUsd Bound::with_output(std::int64_t tokens) const noexcept {
  if (tokens >= output_tokens) return total;
  const auto money = static_cast<__int128>(tokens) * output_price;
  const auto rounded = static_cast<std::int64_t>((money + kPriceUnit - 1) / kPriceUnit);
  return std::min(total, prompt + NanoUsd{rounded} + rounding);
}

// A cost is at most prompt + t × price + 1 for t tokens of output, without any rounding in between
// (each of the prompt and the sum was rounded by at most a half). Times f and rounded, that is at
// most f × prompt + t × f × price + f + ½: so each part is rounded up, and ⌈f⌉ + 1 is kept for the
// rest.
Bound Bound::at(std::int64_t factor_millionths) const noexcept {
  if (factor_millionths == config::ChargeRule::kSame) return *this;
  const auto raised = [factor_millionths](std::int64_t amount) {
    constexpr __int128 kMost = std::numeric_limits<std::int64_t>::max();
    const auto product = static_cast<__int128>(amount) * factor_millionths;
    const auto whole = (product + config::ChargeRule::kSame - 1) / config::ChargeRule::kSame;
    return static_cast<std::int64_t>(std::min(whole, kMost));
  };
  auto charged = *this;
  charged.total = NanoUsd{raised(total.count())};
  charged.prompt = NanoUsd{raised(prompt.count())};
  charged.output_price = raised(output_price);
  charged.rounding = NanoUsd{raised(rounding.count()) + 1};
  return charged;
}

std::int64_t Bound::output_for(NanoUsd money) const noexcept {
  if (output_price <= 0 || money <= prompt + rounding) return 0;
  const auto left = static_cast<__int128>((money - prompt - rounding).count()) * kPriceUnit;
  return static_cast<std::int64_t>(std::min<__int128>(left / output_price, output_tokens));
}

void Bound::raise_to(const Bound& other) noexcept {
  total = std::max(total, other.total);
  prompt = std::max(prompt, other.prompt);
  input_tokens = std::max(input_tokens, other.input_tokens);
  output_tokens = std::max(output_tokens, other.output_tokens);
  rounding = std::max(rounding, other.rounding);
  if (output_price > 0) output_price = std::max(output_price, other.output_price);
}

NanoUsd charge_at(NanoUsd cost, std::int64_t factor_millionths) noexcept {
  constexpr __int128 kOne = config::ChargeRule::kSame;
  // As PriceSum rounds: half of one is whole, so adding it once is ½ up.
  const auto product = static_cast<__int128>(cost.count()) * factor_millionths;
  const auto rounded = (product + kOne / 2) / kOne;
  return NanoUsd{static_cast<std::int64_t>(std::min<__int128>(rounded, kChargeMax.count()))};
}

bool is_free(const Model& model) {
  if (model.free) return true;
  return model.mode == "moderation" && !model.prices.empty() &&
         std::ranges::all_of(model.prices,
                             [](const auto& price) { return price.nanousd_per_million == 0; });
}

Result<NanoUsd> charge(const Model& model, const Usage& usage, const PriceQualifiers& qualifiers) {
  TG_TRY(const auto terms, itemize(model, usage, qualifiers));
  return terms.total();
}

Result<Bound> bound(const Model& model, Endpoint endpoint, const RequestPeek& request,
                    Trust trust) {
  if (model.free) return Bounding{model, endpoint, request, trust}.of_free_call();
  // Such a model at another endpoint is a mistake that must not be free.
  if (endpoint == Endpoint::kModerations && is_free(model)) return Bound{};
  if (endpoint == Endpoint::kInputTokens) return Bound{};  // counting is free
  return Bounding{model, endpoint, request, trust}.run();
}

}  // namespace tg::ledger
