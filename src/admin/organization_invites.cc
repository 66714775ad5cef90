// SPDX-License-Identifier: Apache-2.0
#include "admin/api_handlers.h"
#include "admin/invite_operations.h"
#include "admin/pages.h"
#include "identity/pages.h"

// Invites of the Admin API.
namespace tg::admin {
namespace {

std::string id_of(const identity::Invite& invite) { return invite.id.text(); }

}  // namespace

ApiResult<Json> invites_list(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto page, read_page(request.query));
  const auto invites =
      identity::page_of_invites(context.database, request.caller.organization_id,
                                {.limit = page.limit, .after = page.after, .newest_first = true});
  return show_page(invites, page.after, id_of,
                   [](const identity::Invite& each) { return to_json(each); });
}

ApiResult<Json> invites_create(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto made, make_invite(context, request.body, request.caller));
  return to_json(made.invite);
}

ApiResult<Json> invites_retrieve(OperationContext& context, const ApiRequest& request) {
  TG_TRY(const auto invite, find_invite_of(context, request.caller, request.ids.front()));
  return to_json(invite);
}

ApiResult<Json> invites_delete(OperationContext& context, const ApiRequest& request) {
  TG_TRY_DONE(refuse_unknown_fields(request.body, {}));
  return delete_invite(context, Json{{"id", request.ids.front()}}, request.caller);
}

}  // namespace tg::admin
