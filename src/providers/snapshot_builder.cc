// SPDX-License-Identifier: Apache-2.0
#include "providers/snapshot_builder.h"

#include <algorithm>
#include <set>

#include "http/url.h"
#include "ledger/pricing.h"
#include "providers/object_keeper.h"
#include "providers/opened_paths.h"
#include "providers/price_books.h"
#include "providers/price_decisions.h"
#include "providers/price_sheets.h"
#include "providers/provider_records.h"
#include "providers/successors.h"

namespace tg::providers {
namespace {

// One provider with what is needed to price its models.
struct Upstream {
  std::shared_ptr<const config::Provider> provider;
  std::string catalogue_name;
  std::vector<std::string> listed;
};

struct Choices {
  std::vector<RouteOverride> routes;
  std::vector<SuccessorChoice> successors;
  std::vector<DefaultModelChoice> defaults;
  std::vector<OpenedPathChoice> opened_paths;
  PriceBook prices;
  std::optional<WallTime> prices_change_at;
  std::vector<BookDecision> books;
  std::vector<OrganizationId> only_delivered;
  std::optional<ProviderId> object_keeper;
};

Result<Upstream> read_upstream(store::Database& database, const SecretBytes& master_key,
                               const ProviderRecord& record) {
  TG_TRY(auto url, http::parse_url(record.base_url));
  auto provider = std::make_shared<config::Provider>();
  provider->id = record.id;
  provider->name = record.name;
  provider->kind = record.kind;
  provider->tls = url.tls;
  provider->host = std::move(url.host);
  provider->port = url.port;
  provider->path_prefix = std::move(url.path_prefix);
  TG_TRY(provider->credential, provider_credential(database, master_key, record.id));
  TG_TRY(auto listed, listed_models(database, record.id));
  const std::string catalogue_name{catalogue_provider(provider->host)};
  return Upstream{std::move(provider), catalogue_name, std::move(listed)};
}

Result<std::vector<Upstream>> read_upstreams(store::Database& database,
                                             const SecretBytes& master_key) {
  TG_TRY(const auto records, list_providers(database));
  std::vector<Upstream> upstreams;
  for (const auto& record : records) {
    if (record.kind == config::ProviderKind::kSandbox) continue;
    TG_TRY(auto upstream, read_upstream(database, master_key, record));
    upstreams.push_back(std::move(upstream));
  }
  return upstreams;
}

Result<Choices> read_choices(store::Database& database, WallTime now) {
  Choices choices;
  TG_TRY(choices.routes, list_route_overrides(database));
  TG_TRY(choices.successors, list_successors(database));
  TG_TRY(choices.defaults, list_default_models(database));
  TG_TRY(choices.opened_paths, list_opened_paths(database));
  TG_TRY(auto decided, list_price_decisions(database, now));
  TG_TRY(choices.prices_change_at, next_price_change(database, now));
  choices.prices = PriceBook{std::move(decided)};
  TG_TRY(choices.books, list_book_decisions(database));
  TG_TRY(choices.only_delivered, list_only_delivered(database));
  TG_TRY(choices.object_keeper, object_keeper(database));
  return choices;
}

class Builder {
 public:
  Builder(const Catalogue& catalogue, const PriceBook& prices, std::string today,
          config::TargetStates* states)
      : catalogue_{catalogue}, prices_{prices}, today_{std::move(today)}, states_{states} {}

  void add_upstream(const Upstream& upstream) {
    snapshot_->has_provider = true;
    snapshot_->providers.push_back(upstream.provider);
    if (!upstream.listed.empty()) {
      for (const auto& model : upstream.listed) {
        vouched_for_.insert(model);
        add_target(model, upstream, model);
      }
      return;
    }
    add_catalogue_models(upstream, upstream.catalogue_name);
    // The catalogue keeps OpenAI's models for /v1/completions apart.
    if (upstream.catalogue_name == "openai") {
      add_catalogue_models(upstream, "text-completion-openai");
    }
    add_decided_models(upstream);
  }

  void override_routes(const std::vector<RouteOverride>& overrides,
                       const std::vector<Upstream>& upstreams) {
    std::string replaced;
    for (const auto& choice : overrides) {
      const auto upstream = std::ranges::find_if(
          upstreams, [&](const Upstream& u) { return u.provider->id == choice.provider; });
      if (upstream == upstreams.end()) continue;
      if (choice.model != replaced) {
        snapshot_->routes.erase(choice.model);
        replaced = choice.model;
      }
      vouched_for_.insert(choice.model);
      add_target(choice.model, *upstream, choice.upstream_model);
    }
  }

  void apply_successors(const std::vector<SuccessorChoice>& chosen, const Successors& shipped) {
    // All are decided before any is added: a successor must be served itself.
    std::vector<config::Route> found;
    const auto decide = [&](const std::string& retired, const config::Route* served) {
      if (served && !is_served(retired)) found.push_back({retired, retired, served->targets});
    };
    std::set<std::string_view> decided;
    for (const auto& choice : chosen) {
      decided.insert(choice.retired);
      decide(choice.retired, first_served({choice.successor}, Priced::kAny));
    }
    for (const auto& entry : shipped.retired) {
      if (decided.contains(entry.name)) continue;
      decide(entry.name, first_served(entry.candidates, Priced::kOnly));
    }
    for (auto& route : found) snapshot_->routes.insert_or_assign(route.model, route);
  }

  void choose_defaults(const std::vector<DefaultModelChoice>& chosen, const Successors& shipped) {
    for (int i = 0; i < openai::kModelEndpointCount; ++i) {
      const auto endpoint = static_cast<openai::Endpoint>(i);
      const auto choice = std::ranges::find(chosen, endpoint, &DefaultModelChoice::endpoint);
      auto& model = snapshot_->default_models[static_cast<std::size_t>(i)];
      if (choice != chosen.end()) {
        model = choice->model;
        continue;
      }
      const auto entry =
          std::ranges::find(shipped.defaults, openai::path(endpoint), &Successors::Entry::name);
      if (entry == shipped.defaults.end()) continue;
      const auto* served = first_served(entry->candidates, Priced::kOnly);
      if (!served) served = first_served(entry->candidates, Priced::kAny);
      if (served) model = served->model;
    }
  }

  // The order of the routes' targets stays as it is.
  void put_keeper_first(const std::optional<ProviderId>& keeper) {
    auto& providers = snapshot_->providers;
    const auto found = std::ranges::find_if(
        providers, [&](const auto& provider) { return keeper && provider->id == *keeper; });
    if (found != providers.end()) std::rotate(providers.begin(), found, found + 1);
  }

  // One whose provider was removed is closed.
  void open_paths(const std::vector<OpenedPathChoice>& opened) {
    if (snapshot_->providers.empty()) return;
    for (const auto& choice : opened) {
      const bool unnamed = choice.provider.text().empty();
      auto provider =
          unnamed ? snapshot_->providers.front() : snapshot_->find_provider(choice.provider.text());
      if (!provider) continue;
      snapshot_->opened_paths.push_back({.method = choice.method,
                                         .path = choice.path,
                                         .provider = std::move(provider),
                                         .price = choice.price});
    }
  }

  // After the routes: prices of an organization's own take the place of each model that they name.
  void add_charges(const std::vector<BookDecision>& decisions,
                   const std::vector<OrganizationId>& only_delivered) {
    auto& books = snapshot_->charge_books;
    for (const auto& decision : decisions) {
      auto& rule = books.of(decision.organization.text()).by_model[decision.model];
      rule.factor_millionths = decision.factor_millionths;
      if (decision.kind == BookKind::kPrices) add_own_prices(decision, rule);
    }
    for (const auto& organization : only_delivered) {
      books.of(organization.text()).only_delivered = true;
    }
  }

  // For test keys, whose calls reach no provider: what they would have cost at OpenAI.
  void add_known_models() {
    for (const auto& model : catalogue_.models_of("openai")) {
      if (!is_priced(*model)) continue;
      snapshot_->models.emplace(model->name,
                                sheets_.add(ProviderId{"sandbox"}, model->name, shipped(), *model));
    }
  }

  std::shared_ptr<const config::Snapshot> finish(std::int64_t version,
                                                 std::optional<WallTime> prices_change_at) {
    snapshot_->version = version;
    snapshot_->price_sheets = sheets_.take();
    snapshot_->prices_change_at = prices_change_at;
    return std::move(snapshot_);
  }

 private:
  bool is_served_unlisted(const Upstream& upstream, const config::Model& model) const {
    return is_priced(model) || prices_.find(upstream.provider->id, model.name) != nullptr;
  }

  void add_catalogue_models(const Upstream& upstream, std::string_view provider) {
    for (const auto& model : catalogue_.models_of(provider)) {
      if (!is_served_unlisted(upstream, *model)) continue;
      // It keeps its route, so that without a successor the provider itself says that it is gone.
      if (is_retired(*model, today_)) retired_.insert(model->name);
      add_target(model->name, upstream, model->name);
    }
  }

  // Whoever gives a provider's model a price says that the provider has it.
  void add_decided_models(const Upstream& upstream) {
    for (const auto& decision : prices_.all()) {
      if (decision.provider != upstream.provider->id) continue;
      if (decision.kind == PriceKind::kShipped || decision.model.empty()) continue;
      if (has_target(decision.model, upstream)) continue;
      add_target(decision.model, upstream, decision.model);
    }
  }

  void add_own_prices(const BookDecision& decision, config::ChargeRule& rule) {
    const PriceOrigin origin{.source = config::PriceSource::kBook,
                             .decision = decision.sequence,
                             .valid_from = decision.decided_at};
    for (const auto& [name, route] : snapshot_->routes) {
      for (const auto& target : route.targets) {
        if (target.upstream_model != decision.model || !target.model) continue;
        auto own = *target.model;
        own.prices = decision.prices;
        own.free = false;
        rule.own.try_emplace(target.model->price_id,
                             sheets_.add(target.provider->id, decision.model, origin, own));
      }
    }
  }

  bool has_target(const std::string& asked, const Upstream& upstream) const {
    const auto* route = snapshot_->find_route(asked);
    return route != nullptr && std::ranges::any_of(route->targets, [&](const auto& target) {
             return target.provider == upstream.provider;
           });
  }

  void add_target(const std::string& asked, const Upstream& upstream,
                  const std::string& upstream_model) {
    auto model = priced_model(upstream, upstream_model);
    auto& route = snapshot_->routes[asked];
    route.model = asked;
    auto state = states_ == nullptr ? nullptr : states_->of(upstream.provider->id, upstream_model);
    route.targets.push_back(
        {upstream.provider, upstream_model, std::move(model), std::move(state)});
  }

  // Null: nobody says what it costs.
  std::shared_ptr<const config::Model> priced_model(const Upstream& upstream,
                                                    const std::string& upstream_model) {
    const auto& provider = upstream.provider->id;
    const auto model = prices_.apply(provider, upstream_model,
                                     catalogue_.price_for(upstream.catalogue_name, upstream_model));
    if (!model || (!is_priced(*model) && !ledger::is_free(*model))) {
      return at_ceiling(provider, upstream_model, model.get());
    }
    const auto* decision = prices_.find(provider, upstream_model);
    const bool decided = decision != nullptr && decision->kind != PriceKind::kShipped;
    return sheets_.add(provider, upstream_model, decided ? origin_of(*decision) : shipped(),
                       *model);
  }

  std::shared_ptr<const config::Model> at_ceiling(const ProviderId& provider,
                                                  const std::string& upstream_model,
                                                  const config::Model* known) {
    const auto* ceiling = prices_.ceiling();
    if (ceiling == nullptr) return nullptr;
    auto model = known == nullptr ? config::Model{} : *known;
    model.name = upstream_model;
    model.prices = ceiling->prices;
    model.unpriced = true;
    return sheets_.add(provider, upstream_model, origin_of(*ceiling, config::PriceSource::kCeiling),
                       model);
  }

  static PriceOrigin origin_of(const PriceDecision& decision,
                               config::PriceSource source = config::PriceSource::kOperator) {
    return {.source = source, .decision = decision.sequence, .valid_from = decision.valid_from};
  }

  PriceOrigin shipped() const {
    return {.source = config::PriceSource::kCatalogue,
            .catalogue_date = catalogue_.taken_on(),
            .valid_from = parse_utc(catalogue_.taken_on()).value_or(WallTime{})};
  }

  bool is_served(const std::string& model) const {
    if (!snapshot_->find_route(model)) return false;
    return vouched_for_.contains(model) || !retired_.contains(model);
  }

  enum class Priced : std::uint8_t { kOnly, kAny };

  const config::Route* first_served(const std::vector<std::string>& names, Priced priced) const {
    for (const auto& name : names) {
      if (!is_served(name)) continue;
      const auto* route = snapshot_->find_route(name);
      const auto& model = route->targets.front().model;
      if (priced == Priced::kAny || (model && !model->unpriced)) return route;
    }
    return nullptr;
  }

  const Catalogue& catalogue_;
  const PriceBook& prices_;
  const std::string today_;
  config::TargetStates* const states_;
  PriceSheets sheets_;
  std::shared_ptr<config::Snapshot> snapshot_ = std::make_shared<config::Snapshot>();
  // Past their day by the catalogue, and those of which a list or the operator says otherwise.
  std::set<std::string, std::less<>> retired_;
  std::set<std::string, std::less<>> vouched_for_;
};

}  // namespace

Result<std::shared_ptr<const config::Snapshot>> build_snapshot(store::Database& database,
                                                               const SecretBytes& master_key,
                                                               const Catalogue& catalogue,
                                                               config::TargetStates* states,
                                                               WallTime now) {
  TG_TRY(const auto shipped, Successors::load_embedded());
  TG_TRY(const auto upstreams, read_upstreams(database, master_key));
  TG_TRY(const auto choices, read_choices(database, now));

  Builder builder{catalogue, choices.prices, format_utc(now).substr(0, 10), states};
  for (const auto& upstream : upstreams) builder.add_upstream(upstream);
  builder.put_keeper_first(choices.object_keeper);
  builder.open_paths(choices.opened_paths);
  builder.override_routes(choices.routes, upstreams);
  // Before the successors: a default is a model that is served under its own name.
  builder.choose_defaults(choices.defaults, shipped);
  builder.apply_successors(choices.successors, shipped);
  builder.add_charges(choices.books, choices.only_delivered);
  builder.add_known_models();
  return builder.finish(to_unix_ms(now), choices.prices_change_at);
}

std::vector<Redirection> redirections(const config::Snapshot& snapshot) {
  std::vector<Redirection> all;
  for (const auto& [asked, route] : snapshot.routes) {
    if (route.successor_of.empty()) continue;
    all.push_back({asked, route.targets.front().upstream_model});
  }
  std::ranges::sort(all, {}, &Redirection::asked);
  return all;
}

}  // namespace tg::providers
