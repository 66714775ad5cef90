// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/pages.h"
#include "admin/workload_arguments.h"
#include "identity/people.h"
#include "oidc/fetch.h"
#include "oidc/key_set.h"

// Workload identity providers of the Admin API: whose tokens are taken in exchange for access
// tokens (token_exchange.h).
namespace tg::admin {
namespace {

using identity::WorkloadProvider;

constexpr std::size_t kTransformationsMax = 32;
constexpr auto* kTransformations = "attribute_transformations";
constexpr auto* kVerification = "verification";

Json to_json(const WorkloadProvider& provider) {
  auto transformations = Json::array();
  for (const auto& each : provider.transformations) {
    transformations.push_back(Json{{"attribute", each.attribute}, {"expression", each.expression}});
  }
  auto verification =
      provider.jwks.empty()
          ? Json{{"type", "discovery"}, {"discovery_url", text_or_null(provider.discovery_url)}}
          : Json{{"type", "uploaded_jwks"}, {"jwks", Json::parse(provider.jwks)}};
  return Json{{"id", provider.id},
              {"object", "organization.workload_identity_provider"},
              {"type", "oidc"},
              {"name", provider.name},
              {"description", text_or_null(provider.description)},
              {"issuer", provider.issuer},
              {"audience", provider.audience},
              {"enabled", provider.enabled},
              {"attribute_transformations", std::move(transformations)},
              {"verification", std::move(verification)},
              {"created_at", to_unix_s(provider.created_at)},
              {"updated_at", to_unix_s(provider.updated_at)}};
}

ApiResult<oidc::Transformation> read_transformation(const Json& item) {
  const auto wrong = [](std::string message) {
    return refuse(Code::kFieldInvalid, std::move(message), kTransformations);
  };
  if (!item.is_object() || !refuse_unknown_fields(item, {"attribute", "expression"})) {
    return wrong("Each transformation is {\"attribute\": …, \"expression\": …}.");
  }
  const auto attribute = required_text(item, "attribute");
  const auto expression = required_text(item, "expression");
  if (!attribute || !identity::is_display_name(*attribute)) {
    return wrong("A transformation's 'attribute' is a name of 1 to 256 bytes.");
  }
  if (!expression) return wrong("A transformation's 'expression' is missing.");
  if (const auto good = oidc::check_expression(*expression); !good) {
    return wrong(fmt::format("'{}' is not understood here: {}.", *expression, good.error().detail));
  }
  return oidc::Transformation{.attribute = *attribute, .expression = *expression};
}

ApiResult<void> read_transformations(const Json& body, WorkloadProvider& provider) {
  const auto found = body.find(kTransformations);
  if (found == body.end()) return {};
  if (!found->is_array() || found->size() > kTransformationsMax) {
    return refuse(Code::kFieldInvalid,
                  "'attribute_transformations' is a list of at most 32 transformations.",
                  kTransformations);
  }
  provider.transformations.clear();
  for (const auto& item : *found) {
    TG_TRY(auto transformation, read_transformation(item));
    if (std::ranges::find(provider.transformations, transformation.attribute,
                          &oidc::Transformation::attribute) != provider.transformations.end()) {
      return refuse(
          Code::kFieldInvalid,
          fmt::format("Two transformations make the attribute '{}'.", transformation.attribute),
          kTransformations);
    }
    provider.transformations.push_back(std::move(transformation));
  }
  return {};
}

ApiResult<void> check_url(const std::string& url, std::string_view field) {
  const auto good = oidc::check_https_url(url);
  if (good) return {};
  return refuse(Code::kFieldInvalid,
                fmt::format("'{}' is no address here: {}.", url, good.error().detail),
                std::string{field});
}

ApiResult<void> read_discovery(const Json& verification, WorkloadProvider& provider) {
  TG_TRY_DONE(refuse_unknown_fields(verification, {"type", "discovery_url"}));
  TG_TRY(provider.discovery_url, optional_text(verification, "discovery_url"));
  provider.jwks.clear();
  if (provider.discovery_url.empty()) return {};
  return check_url(provider.discovery_url, "discovery_url");
}

ApiResult<void> read_uploaded(const Json& verification, WorkloadProvider& provider) {
  TG_TRY_DONE(refuse_unknown_fields(verification, {"type", "jwks"}));
  const auto found = verification.find("jwks");
  auto text = found == verification.end() ? std::string{} : found->dump();
  if (const auto keys = oidc::KeySet::parse(text); !keys) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("'jwks' cannot be used: {}.", keys.error().detail), "jwks");
  }
  provider.jwks = std::move(text);
  provider.discovery_url.clear();
  return {};
}

ApiResult<void> read_verification(const Json& body, WorkloadProvider& provider) {
  const auto found = body.find(kVerification);
  if (found == body.end()) return {};
  const auto type = found->is_object() ? optional_text(*found, "type").value_or("") : "";
  ApiResult<void> read;
  if (type == "discovery") {
    read = read_discovery(*found, provider);
  } else if (type == "uploaded_jwks") {
    read = read_uploaded(*found, provider);
  } else {
    return refuse(Code::kFieldInvalid,
                  "'verification' is {\"type\": \"discovery\", \"discovery_url\": null} or "
                  "{\"type\": \"uploaded_jwks\", \"jwks\": {…}}.",
                  kVerification);
  }
  if (!read) read.error().param = fmt::format("{}.{}", kVerification, read.error().param);
  return read;
}

// An absent field leaves what was; where there was nothing, it is missing.
ApiResult<std::string> read_needed(const Json& body, std::string_view field,
                                   const std::string& before) {
  if (!before.empty() && !body.contains(field)) return before;
  TG_TRY(auto text, required_text(body, field));
  if (identity::is_display_name(text)) return text;
  return refuse(Code::kFieldInvalid, fmt::format("'{}' has 1 to 256 bytes of plain text.", field),
                std::string{field});
}

// Also with an admin key: what it names is their network.
ApiResult<bool> is_operators(OperationContext& context, const Caller& caller) {
  if (caller.is_operator) return true;
  TG_API_TRY(const auto user, identity::find_user(context.database, caller.user_id));
  return user.is_operator;
}

ApiResult<void> read_provider(OperationContext& context, const ApiRequest& request,
                              WorkloadProvider& provider) {
  const auto& body = request.body;
  const auto before = provider;
  TG_TRY(provider.name, read_needed(body, "name", before.name));
  TG_TRY(provider.issuer, read_needed(body, "issuer", before.issuer));
  TG_TRY_DONE(check_url(provider.issuer, "issuer"));
  if (provider.issuer.contains('?')) {
    return refuse(Code::kFieldInvalid, "An issuer's address has no query.", "issuer");
  }
  TG_TRY(provider.audience, read_needed(body, "audience", before.audience));
  TG_TRY(provider.description, read_description(body, before.description));
  TG_TRY(provider.enabled, optional_flag(body, "enabled", before.enabled));
  TG_TRY_DONE(read_transformations(body, provider));
  TG_TRY_DONE(read_verification(body, provider));
  // Whoever changes where keys come from answers for the address.
  if (before.issuer != provider.issuer || before.discovery_url != provider.discovery_url ||
      before.jwks != provider.jwks) {
    TG_TRY(provider.may_be_private, is_operators(context, request.caller));
  }
  return {};
}

}  // namespace

ApiResult<Json> workload_providers_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query, {"order"}));
  TG_TRY(const bool descending, read_descending(request.query));
  TG_API_TRY(auto providers,
             identity::list_workload_providers(context.database, request.caller.organization_id));
  if (descending) std::ranges::reverse(providers);
  return page_of(
      providers, page, [](const WorkloadProvider& provider) { return provider.id; }, to_json);
}

ApiResult<Json> workload_providers_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(
      refuse_unknown_fields(request.body, {"name", "type", "issuer", "audience", "description",
                                           "enabled", kTransformations, kVerification}));
  TG_TRY(const auto type, required_text(request.body, "type"));
  if (type != "oidc") return refuse(Code::kFieldInvalid, "'type' is oidc.", "type");
  WorkloadProvider provider{.organization_id = request.caller.organization_id};
  TG_TRY_DONE(read_provider(context, request, provider));
  const std::scoped_lock lock{context.changes};
  TG_API_TRY(const auto made, identity::create_workload_provider(
                                  context.database, std::move(provider), request.caller.actor));
  return to_json(made);
}

ApiResult<Json> workload_providers_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  return to_json(provider);
}

ApiResult<Json> workload_providers_update(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(check_update_fields(request, {"name", "issuer", "audience", "description", "enabled",
                                            kTransformations, kVerification}));
  const std::scoped_lock lock{context.changes};
  TG_TRY(auto provider, find_workload_provider_of(context, request));
  TG_TRY_DONE(read_provider(context, request, provider));
  TG_API_TRY(const auto changed, identity::update_workload_provider(
                                     context.database, std::move(provider), request.caller.actor));
  tell_live_of(context, changed.ended);
  return to_json(changed.provider);
}

ApiResult<Json> workload_providers_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto provider, find_workload_provider_of(context, request));
  TG_API_TRY(const auto ended, identity::delete_workload_provider(context.database, provider.id,
                                                                  request.caller.actor));
  tell_live_of_revoked(context, ended);
  return Json{{"id", provider.id},
              {"object", "organization.workload_identity_provider.deleted"},
              {"deleted", true}};
}

}  // namespace tg::admin
