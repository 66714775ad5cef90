// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a model costs: a price for a unit, perhaps only in a tier, of a size, of a quality or of a
// long input. A call asks for a dozen units, most of which its model has no price for.
//
// Threading:  values.
// Limits:     65,535 prices of a model; more are a program's fault.
namespace tg::config {

// catalogue/README.md has the units' meaning. Tokens, images, pixels, seconds, characters, pages,
// calls of hosted tools.
enum class Unit : std::uint8_t {
  kInputTextToken,
  kCachedInputTextToken,
  kCacheWriteTextToken,
  kOutputTextToken,
  kReasoningToken,
  kInputAudioToken,
  kCachedInputAudioToken,
  kOutputAudioToken,
  kInputImageToken,
  kCachedInputImageToken,
  kOutputImageToken,
  kInputImage,
  kOutputImage,
  kInputPixel,
  kOutputPixel,
  kInputSecond,
  kOutputSecond,
  kInputCharacter,
  kOutputCharacter,
  kRequest,
  kCacheWrite1hTextToken,
  kCacheWrite12hTextToken,
  kInputPage,
  kWebSearchCall,
  kFileSearchCall,
  kCodeInterpreterSession,
};
inline constexpr std::size_t kUnitCount =
    static_cast<std::size_t>(Unit::kCodeInterpreterSession) + 1;

// What a provider's own tools do, whatever model asks them to: no model is priced by it alone.
[[nodiscard]] constexpr bool is_of_tool(Unit unit) noexcept {
  return unit == Unit::kWebSearchCall || unit == Unit::kFileSearchCall ||
         unit == Unit::kCodeInterpreterSession;
}

// "input_text_token"
[[nodiscard]] std::string_view name(Unit unit) noexcept;
[[nodiscard]] std::optional<Unit> find_unit(std::string_view name) noexcept;

struct Price {
  Unit unit;
  std::string tier;     // "": standard
  std::string size;     // "1024x1024", of a web search how much it reads: "low"; "": any
  std::string quality;  // "": any
  std::int64_t above_input_tokens = 0;
  std::int64_t nanousd_per_million = 0;

  // Whether both speak of the same calls.
  [[nodiscard]] bool same_case(const Price& other) const {
    return unit == other.unit && tier == other.tier && size == other.size &&
           quality == other.quality && above_input_tokens == other.above_input_tokens;
  }
};

class PriceList {
 public:
  PriceList() = default;
  PriceList(std::initializer_list<Price> prices) {
    for (const auto& price : prices) add(price);
  }

  void add(Price price);

  [[nodiscard]] std::span<const Price> of(Unit unit) const noexcept {
    const auto index = static_cast<std::size_t>(unit);
    return {prices_.data() + begin_[index], prices_.data() + begin_[index + 1]};
  }
  [[nodiscard]] bool empty() const noexcept { return prices_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return prices_.begin(); }
  [[nodiscard]] auto end() const noexcept { return prices_.end(); }

 private:
  std::vector<Price> prices_;  // by unit; of one unit as they were added
  std::array<std::uint16_t, kUnitCount + 1> begin_{};
};

}  // namespace tg::config
