// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "admin/api_handlers.h"
#include "admin/pages.h"
#include "identity/certificates.h"
#include "net/client_certificate.h"

// Certificates of the Admin API (mutual TLS): uploaded to the organization, active in it or in
// projects of it.
namespace tg::admin {
namespace {

using identity::Certificate;
using identity::CertificatePlace;

std::string id_of(const Certificate& certificate) { return certificate.id; }

Json to_json(const Certificate& certificate, const char* object) {
  return Json{{"object", object},
              {"id", certificate.id},
              {"name", text_or_null(certificate.name)},
              {"created_at", to_unix_s(certificate.created_at)},
              {"certificate_details",
               {{"valid_at", to_unix_s(certificate.valid_at)},
                {"expires_at", to_unix_s(certificate.expires_at)}}}};
}

const char* object_in(const CertificatePlace& place) {
  return place.project_id.empty() ? "organization.certificate" : "organization.project.certificate";
}

Json to_json_in(const CertificatePlace& place, const Certificate& certificate) {
  auto json = to_json(certificate, object_in(place));
  json["active"] = certificate.active;
  return json;
}

CertificatePlace own_organization(const ApiRequest& request) {
  return {.organization_id = request.caller.organization_id, .project_id = {}};
}

// An archived one can be emptied, and read.
ApiResult<CertificatePlace> project_of(OperationContext& context, const ApiRequest& request,
                                       bool activates) {
  TG_TRY(const auto project, find_project_of(context, request.caller, request.ids.front()));
  if (activates && project.archived_at) {
    return refuse(Code::kConflict, "An archived project cannot be changed.");
  }
  return CertificatePlace{.organization_id = project.organization_id, .project_id = project.id};
}

ApiResult<Certificate> find(OperationContext& context, const ApiRequest& request) {
  auto found = identity::find_certificate(context.database, request.caller.organization_id,
                                          request.ids.front());
  if (found) return *std::move(found);
  return std::unexpected(to_api_error(found.error(), "certificate_id"));
}

ApiResult<Json> list(OperationContext& context, const ApiRequest& request,
                     const CertificatePlace& place) {
  TG_TRY(const auto page, read_page(request.query, {"order"}));
  TG_TRY(const auto order, optional_text(request.query, "order"));
  if (!order.empty() && order != "asc" && order != "desc") {
    return refuse(Code::kFieldInvalid, "'order' is asc or desc.", "order");
  }
  TG_API_TRY(auto certificates, identity::list_certificates(context.database, place));
  if (order != "asc") std::ranges::reverse(certificates);
  return page_of(certificates, page, id_of,
                 [&](const Certificate& each) { return to_json_in(place, each); });
}

// Longer than other texts may be; what is wrong with it is for OpenSSL to say.
ApiResult<net::TrustAnchor> read_anchor(const Json& body) {
  constexpr auto* kField = "certificate";
  const auto found = body.find(kField);
  if (found == body.end() || !found->is_string()) {
    return refuse(Code::kFieldInvalid, "'certificate' is missing: a certificate in PEM, as a text.",
                  kField);
  }
  auto anchor = net::read_trust_anchor(found->get_ref<const std::string&>());
  if (!anchor) return refuse(Code::kFieldInvalid, anchor.error(), kField);
  if (anchor->expires_at <= wall_now()) {
    return refuse(Code::kFieldInvalid,
                  fmt::format("The certificate expired at {}. Upload its successor.",
                              format_utc(anchor->expires_at)),
                  kField);
  }
  return *std::move(anchor);
}

void tell_live_of_uploads(OperationContext& context) {
  if (context.live == nullptr) return;
  const auto any = identity::has_certificates(context.database);
  // Where SQL is away, clients are asked in vain.
  context.live->on_certificates_uploaded(any.value_or(true));
}

ApiResult<std::vector<std::string>> read_ids(const Json& body) {
  constexpr auto* kField = "certificate_ids";
  TG_TRY_DONE(refuse_unknown_fields(body, {kField}));
  TG_TRY(auto ids, optional_texts(body, kField));
  if (ids && !ids->empty() && ids->size() <= identity::kCertificatesSwitchedMax) {
    return *std::move(ids);
  }
  return refuse(
      Code::kFieldInvalid,
      fmt::format("'{}' names 1 to {} certificates.", kField, identity::kCertificatesSwitchedMax),
      kField);
}

ApiResult<Json> switch_in(OperationContext& context, const ApiRequest& request,
                          const CertificatePlace& place, bool active) {
  TG_TRY(const auto ids, read_ids(request.body));
  const auto switched =
      identity::switch_certificates(context.database, place, ids, active, request.caller.actor);
  if (!switched) return std::unexpected(to_api_error(switched.error(), "certificate_ids"));
  if (context.live != nullptr) context.live->on_certificates_changed(switched->active);
  auto data = Json::array();
  for (const auto& each : switched->certificates) data.push_back(to_json_in(place, each));
  return Json{
      {"object", fmt::format("{}.{}", object_in(place), active ? "activation" : "deactivation")},
      {"data", std::move(data)}};
}

ApiResult<Json> switch_in_organization(OperationContext& context, const ApiRequest& request,
                                       bool active) {
  const std::scoped_lock lock{context.changes};
  return switch_in(context, request, own_organization(request), active);
}

ApiResult<Json> switch_in_project(OperationContext& context, const ApiRequest& request,
                                  bool active) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto place, project_of(context, request, active));
  return switch_in(context, request, place, active);
}

}  // namespace

ApiResult<Json> certificates_list(OperationContext& context, const ApiRequest& request) {
  return list(context, request, own_organization(request));
}

ApiResult<Json> certificates_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {"name", "certificate"}));
  TG_TRY(const auto name, optional_text(request.body, "name"));
  TG_TRY(const auto anchor, read_anchor(request.body));
  const std::scoped_lock lock{context.changes};
  const auto uploaded =
      identity::upload_certificate(context.database, request.caller.organization_id, name,
                                   {.pem = anchor.pem,
                                    .fingerprint = anchor.fingerprint,
                                    .valid_at = anchor.valid_at,
                                    .expires_at = anchor.expires_at},
                                   request.caller.actor);
  if (!uploaded) {
    const bool name_is_wrong = uploaded.error().code == Code::kFieldInvalid;
    return std::unexpected(to_api_error(uploaded.error(), name_is_wrong ? "name" : "certificate"));
  }
  tell_live_of_uploads(context);
  return to_json(*uploaded, "certificate");
}

ApiResult<Json> certificates_retrieve(OperationContext& context, const ApiRequest& request) {
  constexpr std::size_t kIncludesMax = 10;
  TG_TRY_DONE(refuse_unknown_fields(request.query, {"include"}));
  TG_TRY(const auto includes, read_query_texts(request.query, "include", kIncludesMax));
  if (!std::ranges::all_of(includes, [](const auto& text) { return text == "content"; })) {
    return refuse(Code::kFieldInvalid, "'include' is content, nothing else.", "include");
  }
  TG_TRY(const auto certificate, find(context, request));
  auto json = to_json(certificate, "certificate");
  if (!includes.empty()) json["certificate_details"]["content"] = certificate.pem;
  return json;
}

ApiResult<Json> certificates_update(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto certificate, find(context, request));
  TG_TRY_DONE(check_update_fields(request, {"name"}));
  if (!request.body.contains("name")) return to_json(certificate, "certificate");
  TG_TRY(const auto name, optional_text(request.body, "name"));
  const auto renamed = identity::rename_certificate(
      context.database, request.caller.organization_id, certificate.id, name, request.caller.actor);
  if (!renamed) return std::unexpected(to_api_error(renamed.error(), "name"));
  return to_json(*renamed, "certificate");
}

ApiResult<Json> certificates_delete(OperationContext& context, const ApiRequest& request) {
  const std::scoped_lock lock{context.changes};
  TG_TRY(const auto certificate, find(context, request));
  const auto deleted = identity::delete_certificate(
      context.database, request.caller.organization_id, certificate.id, request.caller.actor);
  if (!deleted) return std::unexpected(to_api_error(deleted.error(), "certificate_id"));
  tell_live_of_uploads(context);
  return Json{{"object", "certificate.deleted"}, {"id", certificate.id}};
}

ApiResult<Json> certificates_activate(OperationContext& context, const ApiRequest& request) {
  return switch_in_organization(context, request, true);
}

ApiResult<Json> certificates_deactivate(OperationContext& context, const ApiRequest& request) {
  return switch_in_organization(context, request, false);
}

ApiResult<Json> projects_certificates_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto place, project_of(context, request, false));
  return list(context, request, place);
}

ApiResult<Json> projects_certificates_activate(OperationContext& context,
                                               const ApiRequest& request) {
  return switch_in_project(context, request, true);
}

ApiResult<Json> projects_certificates_deactivate(OperationContext& context,
                                                 const ApiRequest& request) {
  return switch_in_project(context, request, false);
}

}  // namespace tg::admin
