// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/snapshot.h"

// What ships about models: their limits, the day they retire, their prices (catalogue/README.md).
// It is what a price is until the operator says otherwise, never the truth.
//
// Threading:  immutable after load(); any thread.
// Lifetime:   the models are shared: a snapshot keeps those it routes to.
// Limits:     a price that Price cannot tell apart (a cache that lives for another time than an hour
//             or twelve) is left out and counted, as is a unit of no known name.
// Errors:     kCorrupt where the file is not what catalogue/README.md describes.
namespace tg::providers {

class Catalogue {
 public:
  using ModelPointer = std::shared_ptr<const config::Model>;

  [[nodiscard]] static Result<std::shared_ptr<const Catalogue>> load(std::string_view json);
  // The file inside the binary.
  [[nodiscard]] static Result<std::shared_ptr<const Catalogue>> load_embedded();

  // `provider` is a name of the catalogue ("openai", "groq"). Null: not known.
  [[nodiscard]] ModelPointer find(std::string_view provider, std::string_view model) const;

  // What a served name costs, for upstreams of whom only the address is known: by that provider, a
  // dated or fine-tuned name by its base; then OpenAI's model of this name; then the dearest of
  // those that other providers sell under it, so that an unknown upstream is never charged too low.
  [[nodiscard]] ModelPointer price_for(std::string_view provider, std::string_view model) const;

  // In the file's order.
  [[nodiscard]] const std::vector<ModelPointer>& models_of(std::string_view provider) const;

  // "2026-11-24": the day its prices were taken on.
  [[nodiscard]] const std::string& taken_on() const noexcept { return taken_on_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t skipped_prices() const noexcept { return skipped_prices_; }

 private:
  friend class CatalogueReader;

  struct ProviderModels {
    std::vector<ModelPointer> in_order;
    std::unordered_map<std::string_view, ModelPointer> by_name;  // views into the models' names
  };
  using Providers =
      std::unordered_map<std::string, ProviderModels, config::StringHash, std::equal_to<>>;

  void add(std::string_view provider, ModelPointer model);
  [[nodiscard]] ModelPointer find_exact_or_base(std::string_view provider,
                                                std::string_view model) const;

  Providers providers_;
  std::string taken_on_;
  std::size_t size_ = 0;
  std::size_t skipped_prices_ = 0;
};

// Whether anything about the model has a price, but for what tools cost: a price of zero is none.
[[nodiscard]] bool is_priced(const config::Model& model);

// Whether `retires_on` has come. `today` is "2026-11-24".
[[nodiscard]] bool is_retired(const config::Model& model, std::string_view today);

// "gpt-4o-2024-08-06" and "gpt-4-0613" without their date, "ft:gpt-4o:acme::9x" as "ft:gpt-4o";
// empty where the name has no such form.
[[nodiscard]] std::string_view base_name(std::string_view model);

// The catalogue's provider behind an upstream's host; "openai" for whom we do not know.
[[nodiscard]] std::string_view catalogue_provider(std::string_view host);

}  // namespace tg::providers
