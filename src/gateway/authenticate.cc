// SPDX-License-Identifier: Apache-2.0
// Step 1: whose call is it?
#include "gateway/authenticate.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/client.h"
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

Caller refuse(Code code, std::string message = {}) {
  return {.key = nullptr, .refusal = code, .message = std::move(message)};
}

Caller unknown_key(std::string_view presented) {
  return refuse(Code::kKeyInvalid,
                fmt::format("Incorrect API key provided: {}. You can find your API keys in "
                            "Tollgate's console, on the page API keys.",
                            openai::mask_key(presented)));
}

// The checksum spares the digest for what cannot be a key of ours.
keys::Secret* find_secret(const Shared& shared, std::string_view presented) {
  if (!keys::parse_key(presented)) return nullptr;
  return shared.keys.find(keys::digest_key(presented, shared.pepper));
}

bool may_come_from(const keys::Key& key, const std::string& address) {
  for (const auto* one = &key; one != nullptr; one = one->parent) {
    const auto* rules = one->rules.load(std::memory_order_acquire);
    if (rules != nullptr && !rules->allows_address(address)) return false;
  }
  return true;
}

std::string why_not(const net::ClientVerdict& verdict) {
  using Kind = net::ClientVerdict::Kind;
  if (verdict.kind == Kind::kNoTls) {
    return "this connection came to the server without TLS, or over a proxy that ended it; ask the "
           "server's own TLS port by https://";
  }
  if (verdict.kind == Kind::kRefused) {
    return fmt::format("the one that this connection presented is not accepted: {}", verdict.why);
  }
  return "this connection presented none; give your client the certificate and its key";
}

}  // namespace

std::optional<std::string> certificate_fault(WorkerContext& context, Client& client,
                                             const keys::Key& key) {
  const auto& trusts = *context.client_trusts.get();
  const auto* trust = trusts.find(key.organization->id.text(), key.project->id.text());
  if (trust == nullptr) return std::nullopt;
  const auto verdict = client.verify(*trust);
  if (verdict.kind == net::ClientVerdict::Kind::kAccepted) return std::nullopt;
  return fmt::format(
      "Project `{}` takes calls only over TLS with a client certificate that it trusts (mutual "
      "TLS), and {}.",
      key.project->id.text(), why_not(verdict));
}

std::optional<std::string> certificate_fault(WorkerContext& context, Client& client,
                                             const http::Fields& fields) {
  if (context.client_trusts.get()->by_organization.empty()) return std::nullopt;
  const auto* secret = find_secret(context.shared, presented_key(fields));
  if (secret == nullptr || secret->key->project == nullptr) return std::nullopt;
  return certificate_fault(context, client, *secret->key);
}

Caller authenticate(WorkerContext& context, Client& client, const http::Fields& fields) {
  const auto& shared = context.shared;
  const auto presented = presented_key(fields);
  if (presented.empty()) return refuse(Code::kKeyMissing);
  auto* secret = find_secret(shared, presented);
  if (secret == nullptr) return unknown_key(presented);
  auto& key = *secret->key;
  const auto now_unix_ms = to_unix_ms(wall_now());
  if (const auto closed = key.closed(now_unix_ms)) {
    return *closed == Code::kKeyInvalid ? unknown_key(presented) : refuse(*closed);
  }
  if (secret->ends_unix_ms.load(std::memory_order_relaxed) <= now_unix_ms) {
    return refuse(
        Code::kKeyInvalid,
        fmt::format("The API key {} was rotated, or is an access token that has ended: this "
                    "secret has been replaced by a newer one. Use that.",
                    openai::mask_key(presented)));
  }
  if (key.kind == keys::KeyKind::kAdmin) return refuse(Code::kKeyWrongKind);
  if (!may_come_from(key, client.peer_address())) return refuse(Code::kAddressNotAllowed);

  const auto organization = fields.find("openai-organization");
  if (!organization.empty() && organization != key.organization->id.text()) {
    return refuse(Code::kOrganizationMismatch);
  }
  const auto project = fields.find("openai-project");
  if (!project.empty() && project != key.project->id.text()) {
    return refuse(Code::kProjectMismatch);
  }
  if (auto fault = certificate_fault(context, client, key)) {
    return refuse(Code::kCertificateRequired, *std::move(fault));
  }
  const bool kept = keys::keeps_caller(key.project->retention());
  const auto* origin = kept ? client.origin(fields.find("user-agent")) : nullptr;
  shared.keys.note_use(*secret, origin, now_unix_ms);
  return {.key = &key, .refusal = {}, .message = {}};
}

bool may_call(const keys::Key& key, openai::EndpointMask bit) noexcept {
  for (const auto* one = &key; one != nullptr; one = one->parent) {
    const auto* rules = one->rules.load(std::memory_order_acquire);
    if (rules != nullptr && !rules->allows_endpoint(bit)) return false;
  }
  return true;
}

bool may_list_models(const keys::Key& key) noexcept {
  for (const auto* one = &key; one != nullptr; one = one->parent) {
    const auto* rules = one->rules.load(std::memory_order_acquire);
    if (rules != nullptr && !rules->lists_models()) return false;
  }
  return true;
}

bool may_use_model(const keys::Key& key, std::string_view model) noexcept {
  for (const auto* one = &key; one != nullptr; one = one->parent) {
    const auto* rules = one->rules.load(std::memory_order_acquire);
    if (rules != nullptr && !rules->allows_model(model)) return false;
  }
  const auto* models = key.project->models.load(std::memory_order_acquire);
  return models == nullptr || models->allows(model);
}

}  // namespace tg::gateway
