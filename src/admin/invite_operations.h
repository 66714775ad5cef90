// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/operation_context.h"
#include "identity/invites.h"

// What the two ways to invite have in common: OpenAI's, which sends a mail, and ours, which also
// hands over the link where there is no mail.
//
// Threading:  any control thread.
namespace tg::admin {

struct MadeInvite {
  identity::Invite invite;
  std::string link;  // empty: it was sent by mail
};
// `arguments` are OpenAI's InviteRequest.
[[nodiscard]] ApiResult<MadeInvite> make_invite(OperationContext& context, const Json& arguments,
                                                const Caller& caller);
[[nodiscard]] ApiResult<identity::Invite> find_invite_of(OperationContext& context,
                                                         const Caller& caller,
                                                         const std::string& id);
// OpenAI's Invite.
[[nodiscard]] Json to_json(const identity::Invite& invite);

}  // namespace tg::admin
