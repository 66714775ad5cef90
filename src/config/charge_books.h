// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

// What organizations pay for what providers ask: a price book for each, and one for all that have
// none. Without any, the charge is the cost.
//
// Threading:  part of a snapshot, never written after that was published.
namespace tg::config {

struct Model;

struct ChargeRule {
  static constexpr std::int64_t kSame = 1'000'000;

  // The charge is the cost times this, rounded half up once.
  std::int64_t factor_millionths = kSame;
  // Or what these say, in the place of the model with the price sheet of that id.
  std::unordered_map<std::int64_t, std::shared_ptr<const Model>> own;

  // Null: by the factor.
  [[nodiscard]] std::shared_ptr<const Model> own_prices(std::int64_t price_id) const {
    const auto found = own.find(price_id);
    return found == own.end() ? nullptr : found->second;
  }
};

struct ChargeBook {
  // By the upstream's name of a model; "": all others.
  std::unordered_map<std::string, ChargeRule> by_model;
  bool only_delivered = false;  // what a client did not wait for is not charged
};

class ChargeBooks {
 public:
  // No organization: the default's.
  [[nodiscard]] ChargeBook& of(const std::string& organization_id) {
    return books_[organization_id];
  }
  // The organization's for the model, its own for all, the default's for the model, the default's
  // for all.
  [[nodiscard]] const ChargeRule& rule(std::string_view organization_id,
                                       std::string_view upstream_model) const {
    static const ChargeRule kSame;
    if (books_.empty()) return kSame;
    for (const auto organization : {organization_id, std::string_view{}}) {
      const auto book = books_.find(std::string{organization});
      if (book == books_.end()) continue;
      for (const auto model : {upstream_model, std::string_view{}}) {
        const auto rule = book->second.by_model.find(std::string{model});
        if (rule != book->second.by_model.end()) return rule->second;
      }
    }
    return kSame;
  }
  [[nodiscard]] bool only_delivered(std::string_view organization_id) const {
    if (books_.empty()) return false;
    const auto book = books_.find(std::string{organization_id});
    return book != books_.end() && book->second.only_delivered;
  }

 private:
  std::unordered_map<std::string, ChargeBook> books_;
};

}  // namespace tg::config
