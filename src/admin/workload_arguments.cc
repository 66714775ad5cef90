// SPDX-License-Identifier: Apache-2.0
#include "admin/workload_arguments.h"

#include <fmt/format.h>

#include "identity/people.h"
#include "identity/text_rules.h"

namespace tg::admin {
namespace {

constexpr std::size_t kDescriptionBytesMax = 1024;

}  // namespace

ApiResult<identity::WorkloadProvider> find_workload_provider_of(OperationContext& context,
                                                                const ApiRequest& request) {
  const auto& id = request.ids.front();
  auto found = identity::find_workload_provider(context.database, id);
  if (!found && found.error().code != Code::kNotFound) {
    return std::unexpected(to_api_error(found.error()));
  }
  if (found && found->organization_id == request.caller.organization_id) return *std::move(found);
  return refuse(Code::kNotFound, fmt::format("There is no workload identity provider '{}'.", id),
                "workload_identity_provider_id");
}

ApiResult<bool> read_descending(const Json& query) {
  TG_TRY(const auto order, optional_text(query, "order"));
  if (order.empty() || order == "asc") return false;
  if (order == "desc") return true;
  return refuse(Code::kFieldInvalid, "'order' is asc or desc.", "order");
}

ApiResult<std::string> read_name(const Json& body, const std::string& before) {
  if (!body.contains("name")) return before;
  TG_TRY(auto name, optional_text(body, "name"));
  if (name.empty() || identity::is_display_name(name)) return name;
  return refuse(Code::kFieldInvalid,
                "A name has 1 to 256 bytes of text without control characters.", "name");
}

ApiResult<std::string> read_description(const Json& body, const std::string& before) {
  if (!body.contains("description")) return before;
  TG_TRY(auto description, optional_text(body, "description"));
  if (description.size() <= kDescriptionBytesMax && identity::count_plain_characters(description)) {
    return description;
  }
  return refuse(Code::kFieldInvalid,
                "A description has at most 1,024 bytes of text without control characters.",
                "description");
}

void tell_live_of(OperationContext& context, const std::vector<keys::KeyRecord>& keys) {
  if (context.live == nullptr) return;
  for (const auto& key : keys) context.live->on_key_changed(key);
}

}  // namespace tg::admin
