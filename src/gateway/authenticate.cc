// SPDX-License-Identifier: Apache-2.0
// Step 1: whose call is it?
#include "gateway/authenticate.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/write.h"
#include "keys/digest.h"
#include "keys/key_format.h"
#include "openai/error_table.h"

namespace tg::gateway {
namespace {

constexpr std::string_view kBearer = "bearer ";

// The token of `Authorization: Bearer`; Azure's clients say `api-key`.
std::string_view presented_key(const http::Fields& fields) {
  auto value = fields.find("authorization");
  if (value.empty()) return fields.find("api-key");
  if (!http::starts_with_ignore_case(value, kBearer)) return {};
  value.remove_prefix(kBearer.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

keys::Key* find_alive(const Shared& shared, std::string_view presented) {
  // The checksum spares the digest for what cannot be a key of ours.
  if (!keys::parse_key(presented)) return nullptr;
  auto* key = shared.keys.find(keys::digest_key(presented, shared.pepper));
  if (key == nullptr || key->revoked.load(std::memory_order_acquire)) return nullptr;
  return key;
}

Caller refuse(Code code, std::string message = {}) {
  return {.key = nullptr, .refusal = code, .message = std::move(message)};
}

}  // namespace

Caller authenticate(const Shared& shared, const http::Fields& fields) {
  const auto presented = presented_key(fields);
  if (presented.empty()) return refuse(Code::kKeyMissing);
  auto* key = find_alive(shared, presented);
  if (key == nullptr) {
    return refuse(Code::kKeyInvalid,
                  fmt::format("Incorrect API key provided: {}. You can find your API keys in "
                              "Tollgate's console, on the page API keys.",
                              openai::mask_key(presented)));
  }
  if (key->kind == keys::KeyKind::kAdmin) return refuse(Code::kKeyWrongKind);

  const auto organization = fields.find("openai-organization");
  if (!organization.empty() && organization != key->organization->id.text()) {
    return refuse(Code::kOrganizationMismatch);
  }
  const auto project = fields.find("openai-project");
  if (!project.empty() && project != key->project->id.text()) {
    return refuse(Code::kProjectMismatch);
  }
  key->last_used_unix_ms.store(to_unix_ms(wall_now()), std::memory_order_relaxed);
  return {.key = key, .refusal = {}, .message = {}};
}

}  // namespace tg::gateway
