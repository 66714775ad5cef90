// SPDX-License-Identifier: Apache-2.0
#include "providers/catalogue.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "providers/json_values.h"
#include "providers/price_text.h"

extern "C" {
extern const unsigned char model_prices[];
extern const std::uint64_t model_prices_size;
}

namespace tg::providers {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// The host of an upstream, or the end of it, and what the catalogue calls who stands behind it.
struct KnownHost {
  std::string_view host_end;
  std::string_view provider;
};

constexpr std::array kKnownHosts{
    KnownHost{"api.anthropic.com", "anthropic"},
    KnownHost{"openai.azure.com", "azure"},
    KnownHost{"services.ai.azure.com", "azure_ai"},
    KnownHost{"api.cerebras.ai", "cerebras"},
    KnownHost{"api.cohere.ai", "cohere_chat"},
    KnownHost{"dashscope.aliyuncs.com", "dashscope"},
    KnownHost{"dashscope-intl.aliyuncs.com", "dashscope"},
    KnownHost{"api.deepinfra.com", "deepinfra"},
    KnownHost{"api.deepseek.com", "deepseek"},
    KnownHost{"api.fireworks.ai", "fireworks_ai"},
    KnownHost{"generativelanguage.googleapis.com", "gemini"},
    KnownHost{"api.groq.com", "groq"},
    KnownHost{"api.mistral.ai", "mistral"},
    KnownHost{"api.moonshot.ai", "moonshot"},
    KnownHost{"api.moonshot.cn", "moonshot"},
    KnownHost{"api.studio.nebius.com", "nebius"},
    KnownHost{"api.novita.ai", "novita"},
    KnownHost{"api.perplexity.ai", "perplexity"},
    KnownHost{"api.sambanova.ai", "sambanova"},
    KnownHost{"api.together.xyz", "together_ai"},
    KnownHost{"api.together.ai", "together_ai"},
    KnownHost{"api.voyageai.com", "voyage"},
    KnownHost{"api.x.ai", "xai"},
    KnownHost{"api.z.ai", "zai"},
};

bool contains_text(element value, std::string_view wanted) {
  array items;
  if (value.get(items) != simdjson::SUCCESS) return false;
  return std::ranges::any_of(items, [&](element item) { return text_of(item) == wanted; });
}

std::int64_t dearest_price(const config::Model& model) {
  std::int64_t dearest = 0;
  for (const auto& price : model.prices) {
    if (!config::is_of_tool(price.unit)) dearest = std::max(dearest, price.nanousd_per_million);
  }
  return dearest;
}

// Answers no chat without a search, whether it is asked to or not.
bool always_searches(std::string_view provider, std::string_view model) {
  return provider == "perplexity" || model.contains("-search-");
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// "-2024-08-06" or "-0613" at the end.
std::size_t date_size(std::string_view name) {
  constexpr std::size_t kLong = 11;
  if (name.size() > kLong) {
    const auto end = name.substr(name.size() - kLong);
    if (end[0] == '-' && end[5] == '-' && end[8] == '-' && all_digits(end.substr(1, 4)) &&
        all_digits(end.substr(6, 2)) && all_digits(end.substr(9))) {
      return kLong;
    }
  }
  constexpr std::size_t kShort = 5;
  if (name.size() > kShort) {
    const auto end = name.substr(name.size() - kShort);
    if (end[0] == '-' && all_digits(end.substr(1))) return kShort;
  }
  return 0;
}

}  // namespace

class CatalogueReader {
 public:
  explicit CatalogueReader(Catalogue& catalogue) : catalogue_{catalogue} {}

  Result<void> read(element root) {
    array models;
    if (root["models"].get(models) != simdjson::SUCCESS) {
      return fail(Code::kCorrupt, "the catalogue has no list of models");
    }
    for (const element model : models) TG_TRY_DONE(read_model(model));
    price_sessions();
    element taken_on;
    if (root["taken_on"].get(taken_on) == simdjson::SUCCESS) {
      catalogue_.taken_on_ = text_of(taken_on);
    }
    return {};
  }

 private:
  Result<void> read_model(element value) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) {
      return fail(Code::kCorrupt, "a model of the catalogue is not an object");
    }
    auto model = std::make_shared<config::Model>();
    std::string_view provider;
    for (const auto [key, member] : members) {
      if (key == "provider") {
        provider = text_of(member);
      } else if (key == "prices") {
        TG_TRY_DONE(read_prices(member, model->prices, catalogue_.skipped_prices_));
      } else {
        TG_TRY_DONE(read_member(key, member, *model));
      }
    }
    if (provider.empty() || model->name.empty()) {
      return fail(Code::kCorrupt, "a model of the catalogue has no provider or no name");
    }
    model->searches = always_searches(provider, model->name);
    read_.emplace_back(provider, model);
    catalogue_.add(provider, std::move(model));
    return {};
  }

  // The container that code runs in stands in the list as if it were a model; it costs the same
  // whichever model works in it.
  void price_sessions() {
    constexpr auto kUnit = config::Unit::kCodeInterpreterSession;
    for (const auto& [of, container] : read_) {
      if (container->name != "container") continue;
      for (const auto& [provider, model] : read_) {
        if (provider != of || model == container || !model->prices.of(kUnit).empty()) continue;
        if (model->mode != "chat" && model->mode != "responses") continue;
        for (const auto& price : container->prices.of(kUnit)) model->prices.add(price);
      }
    }
  }

  static Result<void> read_member(std::string_view key, element member, config::Model& model) {
    bool good = true;
    if (key == "model") {
      model.name = text_of(member);
    } else if (key == "mode") {
      model.mode = text_of(member);
    } else if (key == "retires_on") {
      model.retires_on = text_of(member);
    } else if (key == "input_tokens_max") {
      good = read_integer(member, model.input_tokens_max);
    } else if (key == "output_tokens_max") {
      good = read_integer(member, model.output_tokens_max);
    } else if (key == "capabilities") {
      model.reasons = contains_text(member, "reasoning");
    }
    if (!good) return fail(Code::kCorrupt, "a limit in the catalogue is not a whole number");
    return {};
  }

  Catalogue& catalogue_;
  std::vector<std::pair<std::string_view, std::shared_ptr<config::Model>>> read_;  // by provider
};

Result<std::shared_ptr<const Catalogue>> Catalogue::load(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return fail(Code::kCorrupt, "the catalogue is not JSON");
  }
  auto catalogue = std::make_shared<Catalogue>();
  TG_TRY_DONE(CatalogueReader{*catalogue}.read(root));
  return catalogue;
}

Result<std::shared_ptr<const Catalogue>> Catalogue::load_embedded() {
  return load({reinterpret_cast<const char*>(model_prices), model_prices_size});
}

void Catalogue::add(std::string_view provider, ModelPointer model) {
  auto found = providers_.find(provider);
  if (found == providers_.end()) found = providers_.emplace(provider, ProviderModels{}).first;
  auto& models = found->second;
  const std::string_view name = model->name;
  // The first of two entries holds, as in a file that is read from the top.
  if (!models.by_name.try_emplace(name, model).second) return;
  models.in_order.push_back(std::move(model));
  ++size_;
}

Catalogue::ModelPointer Catalogue::find(std::string_view provider, std::string_view model) const {
  const auto models = providers_.find(provider);
  if (models != providers_.end()) {
    const auto found = models->second.by_name.find(model);
    if (found != models->second.by_name.end()) return found->second;
  }
  // The catalogue keeps OpenAI's models for /v1/completions apart; to their users they are
  // OpenAI's.
  return provider == "openai" ? find("text-completion-openai", model) : nullptr;
}

Catalogue::ModelPointer Catalogue::find_exact_or_base(std::string_view provider,
                                                      std::string_view model) const {
  for (auto name = model; !name.empty(); name = base_name(name)) {
    if (auto found = find(provider, name)) return found;
  }
  return nullptr;
}

Catalogue::ModelPointer Catalogue::price_for(std::string_view provider,
                                             std::string_view model) const {
  if (auto found = find_exact_or_base(provider, model)) return found;
  if (auto found = find_exact_or_base("openai", model)) return found;
  ModelPointer dearest;
  for (const auto& [name, models] : providers_) {
    const auto found = models.by_name.find(model);
    if (found == models.by_name.end()) continue;
    if (!dearest || dearest_price(*found->second) > dearest_price(*dearest)) {
      dearest = found->second;
    }
  }
  return dearest;
}

const std::vector<Catalogue::ModelPointer>& Catalogue::models_of(std::string_view provider) const {
  static const std::vector<ModelPointer> kNone;
  const auto found = providers_.find(provider);
  return found == providers_.end() ? kNone : found->second.in_order;
}

bool is_priced(const config::Model& model) { return dearest_price(model) > 0; }

bool is_retired(const config::Model& model, std::string_view today) {
  return !model.retires_on.empty() && model.retires_on <= today;
}

std::string_view base_name(std::string_view model) {
  if (model.starts_with("ft:")) {
    const auto end = model.find(':', 3);
    if (end != std::string_view::npos) return model.substr(0, end);
  }
  const auto date = date_size(model);
  return date == 0 ? std::string_view{} : model.substr(0, model.size() - date);
}

std::string_view catalogue_provider(std::string_view host) {
  for (const auto& known : kKnownHosts) {
    if (host == known.host_end) return known.provider;
    if (host.ends_with(known.host_end) && host[host.size() - known.host_end.size() - 1] == '.') {
      return known.provider;
    }
  }
  return "openai";
}

}  // namespace tg::providers
