// SPDX-License-Identifier: Apache-2.0
#include "admin/passwords.h"

#include "identity/passwords.h"

namespace tg::admin {

ApiResult<SecretBytes> read_password(const Json& arguments, std::string_view field) {
  TG_TRY(auto text, required_text(arguments, field));
  SecretBytes password{std::string_view{text}};
  wipe(text);
  return password;
}

ApiResult<std::string> hash_new_password(OperationContext& context, const NewPassword& wanted) {
  if (auto allowed = identity::check_password_policy(wanted.password.reveal(), wanted.email,
                                                     wanted.organization_name);
      !allowed) {
    return std::unexpected(to_api_error(allowed.error(), wanted.field));
  }
  TG_API_TRY(auto hash, context.hasher.hash(wanted.password));
  return hash;
}

}  // namespace tg::admin
