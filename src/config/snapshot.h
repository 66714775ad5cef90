// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/secret_bytes.h"
#include "config/charge_books.h"
#include "config/price_sheet.h"
#include "config/prices.h"
#include "config/target_state.h"
#include "openai/endpoint.h"
#include "openai/object_path.h"

// What a call needs to know beside its key: models, prices, routes, providers. Small, immutable,
// replaced whole when anything changes.
//
// Threading:  a Snapshot is never written after it was published; see published.h for how workers
//             get the newest one.
// Lifetime:   a call keeps a shared_ptr from admission to settlement, so its price cannot change
//             under it.
namespace tg::config {

struct Model {
  std::string name;
  std::string mode;  // chat, embedding, image_generation, audio_speech, audio_transcription, …
  std::int64_t input_tokens_max = 0;   // 0: not stated
  std::int64_t output_tokens_max = 0;  // 0: not stated
  std::string retires_on;              // "2026-10-23"; "": not announced
  bool reasons = false;
  bool searches = false;  // the web, for every chat answer
  bool free = false;      // because the operator says so
  bool own_name = false;  // no catalogue knows it: a deployment, or a model of the operator's own
  PriceList prices;   // empty: unpriced, unless it is free
  // The sheet that says so (price_sheet.h); 0: it has none, as what is in no route.
  std::int64_t price_id = 0;
  bool unpriced = false;  // nobody says what it costs: the operator's ceiling is charged
};

enum class ProviderKind : std::uint8_t { kOpenAiCompatible, kSandbox };

struct Provider {
  ProviderId id;
  std::string name;
  ProviderKind kind = ProviderKind::kOpenAiCompatible;
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  std::string path_prefix;  // "/v1"; what stands before "/chat/completions"
  SecretBytes credential;   // the bearer token; empty: none is sent
};

struct Target {
  std::shared_ptr<const Provider> provider;
  std::string upstream_model;
  std::shared_ptr<const Model> model;  // prices and limits; null: unpriced
  std::shared_ptr<TargetState> state;  // null where nothing is forwarded
};

// A path that the operator has opened, at a flat price a call.
struct OpenedPath {
  std::string method;
  std::string path;  // "/v1/videos/{id}"
  std::shared_ptr<const Provider> provider;
  NanoUsd price;
};

struct Route {
  std::string model;            // what clients ask for
  std::string successor_of;     // set where the asked name is retired: the warning names both
  std::vector<Target> targets;  // never empty
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

struct Snapshot {
  std::int64_t version = 0;
  std::unordered_map<std::string, Route, StringHash, std::equal_to<>> routes;
  // What a request without a model means, by endpoint; "": no default.
  std::array<std::string, openai::kModelEndpointCount> default_models;
  bool has_provider = false;  // besides the sandbox
  // All but the sandbox: the one where objects are made that no other object ties to one, as files,
  // and then the others, oldest first.
  std::vector<std::shared_ptr<const Provider>> providers;
  // The catalogue's models by name, served or not: what a test key's calls would have cost.
  std::unordered_map<std::string, std::shared_ptr<const Model>, StringHash, std::equal_to<>> models;

  // Of every model above, each once: kept in SQL before a call can name one.
  std::vector<PriceSheet> price_sheets;
  ChargeBooks charge_books;
  // When a price that is decided already begins to hold, and so this snapshot ends.
  std::optional<WallTime> prices_change_at;

  std::vector<OpenedPath> opened_paths;
  [[nodiscard]] const OpenedPath* find_opened(std::string_view method,
                                              std::string_view path) const {
    for (const auto& opened : opened_paths) {
      std::string_view id;
      if (opened.method == method && openai::fits_pattern(opened.path, path, id)) return &opened;
    }
    return nullptr;
  }

  [[nodiscard]] std::shared_ptr<const Provider> find_provider(std::string_view id) const {
    for (const auto& provider : providers) {
      if (provider->id.text() == id) return provider;
    }
    return nullptr;
  }

  [[nodiscard]] const Route* find_route(std::string_view model) const {
    const auto found = routes.find(model);
    return found == routes.end() ? nullptr : &found->second;
  }
};

}  // namespace tg::config
