// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret_bytes.h"
#include "config/snapshot.h"
#include "openai/endpoint.h"
#include "store/database.h"

// The operator's providers, and what the operator decided about routes, successors and defaults, as
// rows of the database. Workers never read these: build_snapshot() turns them into routes.
//
// Threading:  control threads; each function is one transaction.
// Secrets:    a credential is sealed with the master key before it reaches SQL, bound to its
//             provider's id, and is never part of a ProviderRecord.
// Errors:     kConfiguration: a name, address or credential that cannot be meant; kConflict: the
//             name is taken; kNotFound; kDatabase.
namespace tg::providers {

// "openai-compatible" and "sandbox", as commands and the API write it.
[[nodiscard]] std::optional<config::ProviderKind> parse_provider_kind(std::string_view text);
[[nodiscard]] const char* name(config::ProviderKind kind) noexcept;

struct ProviderSpec {
  std::string name;  // 1 to 64 of a-z, 0-9, dot, dash, underscore
  config::ProviderKind kind = config::ProviderKind::kOpenAiCompatible;
  std::string base_url;
  SecretBytes credential;  // empty: the upstream asks for none
};

struct ProviderRecord {
  ProviderId id;
  std::string name;
  config::ProviderKind kind = config::ProviderKind::kOpenAiCompatible;
  std::string base_url;
  bool has_credential = false;
  std::size_t listed_models = 0;  // 0: it gave no list, so the catalogue's models are routed
  WallTime created_at;
};

// Says why a spec cannot be stored, before anything is asked of its address. A credential that is
// masked ("sk-...abcd") or one of our own keys ("sk-tg-…") is refused: both are pasted by mistake.
[[nodiscard]] Result<void> check(const ProviderSpec& spec);

// `models`: what fetch_models() brought; empty where the upstream has no list.
[[nodiscard]] Result<ProviderRecord> add_provider(store::Database& database,
                                                  const SecretBytes& master_key,
                                                  const ProviderSpec& spec,
                                                  const std::vector<std::string>& models);
// Oldest first, which is also the order in which a route tries them.
[[nodiscard]] Result<std::vector<ProviderRecord>> list_providers(store::Database& database);
// By name or id; its listed models and route overrides go with it.
[[nodiscard]] Result<void> remove_provider(store::Database& database, std::string_view name_or_id);

// What is not said stays.
struct ProviderChange {
  std::optional<std::string> base_url;
  std::optional<SecretBytes> credential;  // empty: the upstream asks for none
  std::optional<std::vector<std::string>> models;
};
// A credential is never sent to another address than it was given for: whoever changes the address
// gives it again, or an empty one (kConfiguration), and who has not seen that it has another
// address by now changes nothing (kConflict).
[[nodiscard]] Result<ProviderRecord> update_provider(store::Database& database,
                                                     const SecretBytes& master_key,
                                                     const ProviderRecord& provider,
                                                     const ProviderChange& change);
// Says why a change cannot be stored, before anything is asked of the address.
[[nodiscard]] Result<void> check(const ProviderRecord& provider, const ProviderChange& change);
[[nodiscard]] Result<std::vector<std::string>> listed_models(store::Database& database,
                                                             const ProviderId& provider);
[[nodiscard]] Result<SecretBytes> provider_credential(store::Database& database,
                                                      const SecretBytes& master_key,
                                                      const ProviderId& provider);

// A route of the operator's own: `model` goes to these targets instead of what the lists say.
struct RouteOverride {
  std::string model;
  ProviderId provider;
  std::string upstream_model;
};
// In the order in which the targets are tried. Empty `targets`: back to what the lists say.
struct RouteTarget {
  ProviderId provider;
  std::string upstream_model;
};
[[nodiscard]] Result<void> set_route(store::Database& database, std::string_view model,
                                     const std::vector<RouteTarget>& targets);
[[nodiscard]] Result<std::vector<RouteOverride>> list_route_overrides(store::Database& database);

// An empty successor means: this name has none, whatever we ship. reset_ brings back what ships.
struct SuccessorChoice {
  std::string retired;
  std::string successor;
};
[[nodiscard]] Result<void> set_successor(store::Database& database, std::string_view retired,
                                         std::string_view successor);
[[nodiscard]] Result<void> reset_successor(store::Database& database, std::string_view retired);
[[nodiscard]] Result<std::vector<SuccessorChoice>> list_successors(store::Database& database);

// An empty model means: a request without a model is refused there.
struct DefaultModelChoice {
  openai::Endpoint endpoint{};
  std::string model;
};
[[nodiscard]] Result<void> set_default_model(store::Database& database, openai::Endpoint endpoint,
                                             std::string_view model);
[[nodiscard]] Result<void> reset_default_model(store::Database& database,
                                               openai::Endpoint endpoint);
[[nodiscard]] Result<std::vector<DefaultModelChoice>> list_default_models(
    store::Database& database);

}  // namespace tg::providers
