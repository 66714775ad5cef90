// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/operation_context.h"
#include "base/secret_bytes.h"

// Passwords in requests. Their length is bounded before anything looks at them.
//
// Threading:  any control thread; waits for the hashing thread.
// Errors:     kFieldInvalid with the field and what would be better.
namespace tg::admin {

[[nodiscard]] ApiResult<SecretBytes> read_password(const Json& arguments, std::string_view field);

// Of a new password, once it is one that we take.
struct NewPassword {
  const SecretBytes& password;
  std::string_view field;
  std::string_view email;
  std::string_view organization_name{};
};
[[nodiscard]] ApiResult<std::string> hash_new_password(OperationContext& context,
                                                       const NewPassword& wanted);

}  // namespace tg::admin
