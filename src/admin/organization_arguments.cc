// SPDX-License-Identifier: Apache-2.0
#include "admin/organization_arguments.h"

#include <fmt/format.h>

#include "identity/organizations.h"

namespace tg::admin {
namespace {

constexpr const char* kField = "organization";

std::unexpected<ApiError> refuse_organization(const std::string& id) {
  return refuse(Code::kNotFound, fmt::format("There is no organization '{}'.", id), kField);
}

}  // namespace

ApiResult<OrganizationId> named_organization(OperationContext& context, const Json& arguments) {
  TG_TRY(const auto id, optional_text(arguments, kField));
  if (id.empty()) return OrganizationId{};
  TG_API_TRY(const bool there, identity::is_organization(context.database, OrganizationId{id}));
  if (there) return OrganizationId{id};
  return refuse_organization(id);
}

ApiResult<std::string> own_or_named_organization(OperationContext& context, const Json& arguments,
                                                 const Caller& caller) {
  TG_TRY(const auto asked, optional_text(arguments, kField));
  TG_TRY(const auto subject, subject_of(context, caller));
  if (asked.empty() || asked == subject.organization_id.text()) {
    return subject.organization_id.text();
  }
  if (!caller.is_operator) return refuse_organization(asked);
  TG_TRY(const auto named, named_organization(context, arguments));
  return named.text();
}

}  // namespace tg::admin
