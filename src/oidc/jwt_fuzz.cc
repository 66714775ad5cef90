// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come as a token: nothing is read beyond them, and what is taken apart is put
// together again the same. A key set made of the same bytes never verifies them.
#include <algorithm>
#include <memory>
#include <string>

#include "base/result.h"
#include "oidc/attributes.h"
#include "oidc/claims.h"
#include "oidc/key_set.h"

namespace tg::oidc {

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  // An exact copy on the heap, so that AddressSanitizer sees a read past its end or after it.
  const auto copy = std::make_unique<char[]>(size);
  std::copy_n(reinterpret_cast<const char*>(data), size, copy.get());
  const std::string_view text{copy.get(), size};

  const auto keys = KeySet::parse(text);
  if (keys) TG_CHECK(keys->size() > 0 && keys->size() <= kKeysMax);
  static_cast<void>(check_expression(text));
  const auto jwt = parse_jwt(text);
  if (!jwt) return 0;
  TG_CHECK(size <= kTokenBytesMax && jwt->claims.is_object() && !jwt->key_id.empty());
  TG_CHECK(text.starts_with(jwt->signed_part) && text[jwt->signed_part.size()] == '.');
  const auto signature = text.substr(jwt->signed_part.size() + 1);
  TG_CHECK(from_base64url(signature) == jwt->signature);
  static_cast<void>(check_claims(jwt->claims, {.issuer = "i", .audience = "a"}, WallTime{}));
  TG_CHECK(!matches(attributes_of(jwt->claims, {{"a", "claims.b"}}), Json::object()));
  if (keys) TG_CHECK(!keys->has_signed(*jwt));
  return 0;
}

}  // namespace tg::oidc
