// SPDX-License-Identifier: Apache-2.0
#include "gateway/served_model.h"

#include "openai/model_name.h"

namespace tg::gateway {
namespace {

using ModelPointer = std::shared_ptr<const config::Model>;

ModelPointer at_provider(const config::Snapshot& snapshot, const config::Provider* provider,
                         std::string_view name) {
  const auto* route = snapshot.find_route(name);
  if (route == nullptr) return nullptr;
  for (const auto& target : route->targets) {
    if (target.provider.get() == provider && target.model &&
        openai::is_same_model(target.upstream_model, name)) {
      return target.model;
    }
  }
  return nullptr;
}

ModelPointer in_catalogue(const config::Snapshot& snapshot, std::string_view name) {
  const auto known = snapshot.models.find(name);
  return known == snapshot.models.end() ? nullptr : known->second;
}

}  // namespace

ServedModel find_served(const config::Snapshot& snapshot, const config::Target& target,
                        std::string_view asked, std::string_view served) {
  if (served.empty() || openai::is_same_model(target.upstream_model, served) ||
      openai::is_same_model(asked, served)) {
    return {};
  }
  ServedModel found{.mismatch = true, .prices = nullptr};
  const auto family = openai::model_family(served);
  for (const auto name : {served, family}) {
    if (!found.prices) found.prices = at_provider(snapshot, target.provider.get(), name);
  }
  for (const auto name : {served, family}) {
    if (!found.prices) found.prices = in_catalogue(snapshot, name);
  }
  const bool deployment = target.model && target.model->own_name;
  if (deployment && found.prices && !found.prices->own_name) found.prices = nullptr;
  return found;
}

}  // namespace tg::gateway
