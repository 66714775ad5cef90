// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "admin/api_handlers.h"
#include "admin/pages.h"

// Keys and storage of the customer's at a cloud provider, which OpenAI's Admin API can be given so
// that OpenAI cannot read alone what it keeps. Here the customer runs what keeps the data, and
// there is none of either: lists are empty, an id is not found, and making one says why.
namespace tg::admin {
namespace {

constexpr std::string_view kNoKeys =
    "Tollgate runs on your own machines, so there is no key of yours to hand to it: what it keeps "
    "is sealed with the master key in its data folder. See docs/admin-api.md.";
constexpr std::string_view kNoStorage =
    "Tollgate keeps no content of calls, so there is nothing that could lie in a storage of yours: "
    "files and stored answers are at the model's provider. See docs/admin-api.md.";

ApiResult<Json> empty_page(const ApiRequest& request,
                           std::initializer_list<std::string_view> others) {
  TG_TRY(const auto page, read_page(request.query, others));
  TG_TRY(const auto order, optional_text(request.query, "order"));
  if (!order.empty() && order != "asc" && order != "desc") {
    return refuse(Code::kFieldInvalid, "'order' is asc or desc.", "order");
  }
  const auto same = [](const std::string& id) { return id; };
  return page_of(std::vector<std::string>{}, page, same, same);
}

std::unexpected<ApiError> not_found(const ApiRequest& request, std::string_view what,
                                    std::string_view why) {
  return refuse(Code::kNotFound,
                fmt::format("No such {}: {}. {}", what, request.ids.front().substr(0, 64), why));
}

std::unexpected<ApiError> cannot_be_made(std::string_view why) {
  return refuse(Code::kFieldInvalid, std::string{why});
}

}  // namespace

ApiResult<Json> external_keys_list(OperationContext& /*context*/, const ApiRequest& request) {
  TG_TRY(const auto purpose, optional_text(request.query, "purpose"));
  if (!purpose.empty() && purpose != "ekm" && purpose != "psp_decryption") {
    return refuse(Code::kFieldInvalid, "'purpose' is ekm or psp_decryption.", "purpose");
  }
  return empty_page(request, {"order", "purpose"});
}

ApiResult<Json> external_keys_create(OperationContext& /*context*/, const ApiRequest& /*request*/) {
  return cannot_be_made(kNoKeys);
}

// Retrieved, deleted or validated.
ApiResult<Json> external_keys_missing(OperationContext& /*context*/, const ApiRequest& request) {
  return not_found(request, "external key", kNoKeys);
}

ApiResult<Json> external_storage_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto project, optional_text(request.query, "project_id"));
  if (!project.empty()) {
    TG_TRY(const auto found, find_project_of(context, request.caller, project));
  }
  return empty_page(request, {"order", "project_id"});
}

ApiResult<Json> external_storage_create(OperationContext& /*context*/,
                                        const ApiRequest& /*request*/) {
  return cannot_be_made(kNoStorage);
}

ApiResult<Json> external_storage_missing(OperationContext& /*context*/, const ApiRequest& request) {
  return not_found(request, "external storage", kNoStorage);
}

}  // namespace tg::admin
