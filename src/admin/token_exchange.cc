// SPDX-License-Identifier: Apache-2.0
#include "admin/token_exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/arguments.h"
#include "admin/operation_context.h"
#include "base/encoding.h"
#include "base/keyed_hash.h"
#include "base/log.h"
#include "http/url.h"
#include "http/write.h"
#include "identity/federation_tokens.h"
#include "identity/key_policy.h"
#include "identity/throttle.h"
#include "identity/workload_providers.h"
#include "keys/derived_key.h"
#include "oidc/attributes.h"
#include "oidc/claims.h"
#include "openai/error_table.h"

namespace tg::admin {
namespace {

using identity::FederationRule;
using identity::WorkloadProvider;

constexpr std::size_t kBodyBytesMax = 64 << 10;
constexpr int kRefusalsMax = 100;
constexpr std::chrono::minutes kRefusalWindow{1};
constexpr std::size_t kNetworksMax = 4096;

constexpr std::string_view kGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessTokenType = "urn:ietf:params:oauth:token-type:access_token";
constexpr std::array<std::string_view, 2> kSubjectTokenTypes{
    "urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"};
constexpr std::array<std::string_view, 8> kFields{"grant_type",
                                                  "subject_token",
                                                  "subject_token_type",
                                                  "identity_provider_id",
                                                  "service_account_id",
                                                  "client_id",
                                                  "scope",
                                                  "requested_token_type"};

constexpr auto kInvalidRequest = "invalid_request";
constexpr auto kInvalidToken = "invalid_subject_token";
constexpr auto kInvalidGrant = "invalid_grant";
constexpr auto kUnavailable = "temporarily_unavailable";
constexpr auto kTooMany = "too_many_requests";

struct Refusal {
  std::string_view error;
  std::string description;
};
template <typename T>
using Exchanged = std::expected<T, Refusal>;

std::unexpected<Refusal> refuse_with(std::string_view error, std::string description) {
  return std::unexpected(Refusal{error, std::move(description)});
}

int status_of(std::string_view error) {
  constexpr int kBadRequest = 400;
  constexpr int kTooManyRequests = 429;
  constexpr int kServiceUnavailable = 503;
  if (error == kTooMany) return kTooManyRequests;
  return error == kUnavailable ? kServiceUnavailable : kBadRequest;
}

http::Response respond(int status, const Json& body) {
  http::Response response{
      .status = status,
      .fields = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
      .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
  if (status == status_of(kTooMany)) response.fields.push_back({"Retry-After", "60"});
  if (status == status_of(kUnavailable)) response.fields.push_back({"Retry-After", "5"});
  return response;
}

http::Response respond(const Refusal& refusal) {
  return respond(status_of(refusal.error),
                 Json{{"error", refusal.error}, {"error_description", refusal.description}});
}

// RFC 8693 has a form; the SDKs send JSON.
Exchanged<Json> read_fields(const http::Request& request) {
  if (request.body.size() > kBodyBytesMax) {
    return refuse_with(kInvalidRequest, "The request is larger than 64 KiB.");
  }
  auto type = std::string_view{request.field("Content-Type")};
  type = type.substr(0, type.find(';'));
  if (http::equals_ignore_case(type, "application/x-www-form-urlencoded")) {
    auto fields = Json::object();
    for (auto& [name, value] : http::parse_query(request.body)) {
      if (fields.contains(name)) {
        return refuse_with(kInvalidRequest, fmt::format("The field '{}' stands twice.", name));
      }
      fields[name] = std::move(value);
    }
    return fields;
  }
  if (!http::equals_ignore_case(type, "application/json")) {
    return refuse_with(kInvalidRequest, "Send JSON or a form, and say so in Content-Type.");
  }
  auto fields = parse_object(request.body);
  if (!fields) return refuse_with(kInvalidRequest, fields.error().message);
  return *std::move(fields);
}

Exchanged<std::string> text_of(const Json& fields, std::string_view name) {
  const auto found = fields.find(name);
  if (found == fields.end() || !found->is_string() ||
      found->get_ref<const std::string&>().empty()) {
    return refuse_with(kInvalidRequest, fmt::format("'{}' is missing, or no text.", name));
  }
  return found->get<std::string>();
}

std::string hash_of(const OperationContext& context, std::string_view signed_part) {
  return keyed_hash(context.folder.pepper(),
                    fmt::format("workload identity subject\n{}", signed_part));
}

// The same access token for the same subject token and number, and no other way to it than to have
// the pepper and the subject token.
SecretBytes token_for(const OperationContext& context, const FederationRule& rule,
                      std::string_view signed_part, std::int64_t number) {
  auto text = keyed_hash(context.folder.pepper(),
                         fmt::format("workload identity access token\n{}\n{}\n{}\n{}", rule.id,
                                     rule.generation, number, signed_part));
  keys::KeyBits bits{};
  TG_CHECK(from_hex(text, bits));
  auto token = keys::derive_key(keys::KeyKind::kServiceAccount, bits);
  wipe(text);
  wipe({reinterpret_cast<char*>(bits.data()), bits.size()});
  return token;
}

Refusal refusal_of(const Error& error) {
  switch (error.code) {
    case Code::kForbidden:
    case Code::kNotFound: return {kInvalidGrant, std::string{error.detail} + "."};
    case Code::kTooManyAttempts: return {kTooMany, std::string{error.detail} + "."};
    case Code::kConflict: return {kUnavailable, std::string{error.detail} + "; try again."};
    default: return {kUnavailable, std::string{openai::error_row(error.code).message}};
  }
}

std::string sentence(const char* detail) {
  std::string text = detail;
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text + ".";
}

}  // namespace

bool RefusalCount::is_full(const std::string& network, SteadyTime now) {
  const std::scoped_lock lock{mutex_};
  const auto found = windows_.find(network);
  return found != windows_.end() && now < found->second.began + kRefusalWindow &&
         found->second.refusals >= kRefusalsMax;
}

void RefusalCount::add(const std::string& network, SteadyTime now) {
  const std::scoped_lock lock{mutex_};
  if (windows_.size() >= kNetworksMax) {
    std::erase_if(windows_,
                  [now](const auto& each) { return now >= each.second.began + kRefusalWindow; });
    if (windows_.size() >= kNetworksMax) windows_.clear();
  }
  auto& window = windows_[network];
  if (window.refusals == 0 || now >= window.began + kRefusalWindow) window = {.began = now};
  ++window.refusals;
}

// A request that could be read, on its way to an access token.
struct TokenExchange::Asked {
  std::string address;
  std::string subject_token;
  std::string service_account_id;
  WorkloadProvider provider{};
};

namespace {

// What is known of a request before anything is looked up.
struct Fields {
  std::string subject_token;
  std::string provider_id;
  std::string service_account_id;
};

Exchanged<Fields> check_fields(const Json& fields) {
  for (const auto& [name, value] : fields.items()) {
    if (std::ranges::find(kFields, name) == kFields.end()) {
      return refuse_with(kInvalidRequest, fmt::format("Unknown field '{}'.", name));
    }
  }
  TG_TRY(const auto grant, text_of(fields, "grant_type"));
  if (grant != kGrant) {
    return refuse_with("unsupported_grant_type", fmt::format("'grant_type' is {}.", kGrant));
  }
  TG_TRY(const auto type, text_of(fields, "subject_token_type"));
  if (std::ranges::find(kSubjectTokenTypes, type) == kSubjectTokenTypes.end()) {
    return refuse_with(kInvalidRequest, fmt::format("'subject_token_type' is {} or {}.",
                                                    kSubjectTokenTypes[0], kSubjectTokenTypes[1]));
  }
  if (fields.contains("requested_token_type")) {
    TG_TRY(const auto wanted, text_of(fields, "requested_token_type"));
    if (wanted != kAccessTokenType) {
      return refuse_with(kInvalidRequest,
                         fmt::format("'requested_token_type' is {}.", kAccessTokenType));
    }
  }
  Fields read;
  TG_TRY(read.subject_token, text_of(fields, "subject_token"));
  TG_TRY(read.provider_id, text_of(fields, "identity_provider_id"));
  TG_TRY(read.service_account_id, text_of(fields, "service_account_id"));
  return read;
}

Exchanged<Fields> read_request(const http::Request& request) {
  TG_TRY(const auto fields, read_fields(request));
  return check_fields(fields);
}

Exchanged<WorkloadProvider> find_provider(OperationContext& context, const std::string& id) {
  auto provider = identity::find_workload_provider(context.database, id);
  if (!provider && provider.error().code != Code::kNotFound) {
    return std::unexpected(refusal_of(provider.error()));
  }
  if (!provider || !provider->enabled) {
    return refuse_with(kInvalidGrant,
                       "There is no such workload identity provider, or it is not enabled.");
  }
  return *std::move(provider);
}

Exchanged<FederationRule> find_rule(OperationContext& context, const WorkloadProvider& provider,
                                    const std::string& service_account_id,
                                    const oidc::Json& claims) {
  const auto rules = identity::list_federation_rules(context.database, provider.id);
  if (!rules) return std::unexpected(refusal_of(rules.error()));
  const auto attributes = oidc::attributes_of(claims, provider.transformations);
  const auto found = std::ranges::find_if(*rules, [&](const FederationRule& rule) {
    return rule.enabled && rule.service_account_id.text() == service_account_id &&
           oidc::matches(attributes, rule.matchers);
  });
  if (found != rules->end()) return *found;
  return refuse_with(kInvalidGrant,
                     "The token holds, and no enabled federation rule of this provider lets it act "
                     "as this service account. Compare the token's claims with the rules' "
                     "attribute_matchers.");
}

Exchanged<std::chrono::seconds> lifetime_in(OperationContext& context, const ProjectId& project) {
  const auto policy = identity::find_key_policy(context.database, project);
  if (!policy) return std::unexpected(refusal_of(policy.error()));
  return std::min(policy->lifetime_max.value_or(identity::kAccessTokenLifetime),
                  identity::kAccessTokenLifetime);
}

struct Issued {
  SecretBytes token;
  std::int64_t seconds = 0;
};

// With `changes` held: a rule that is taken away meanwhile must not be followed any more.
Exchanged<Issued> issue_for(OperationContext& context, const FederationRule& rule,
                            const oidc::Jwt& jwt, const oidc::Subject& subject,
                            const std::string& address) {
  TG_TRY(const auto lifetime, lifetime_in(context, rule.project_id));
  const auto now = wall_now();
  const auto issued = identity::issue_access_token(
      context.database,
      {.rule = rule,
       .subject_hash = hash_of(context, jwt.signed_part),
       .subject = subject.name,
       .expires_at = subject.expires_at,
       .lifetime = lifetime,
       .address = address},
      [&](std::int64_t number) {
        const auto token = token_for(context, rule, jwt.signed_part, number);
        return identity::TokenSecret{
            .digest = keys::digest_key(token.reveal(), context.folder.pepper()),
            .redacted = keys::redact_key(token.reveal())};
      },
      now);
  if (!issued) return std::unexpected(refusal_of(issued.error()));
  if (context.live != nullptr) {
    for (const auto& record : issued->made) context.live->on_key_changed(record);
  }
  const auto left = std::chrono::floor<std::chrono::seconds>(issued->ends_at - now).count();
  if (left < 1) return refuse_with(kInvalidToken, "The token has expired.");
  return Issued{.token = token_for(context, rule, jwt.signed_part, issued->number),
                .seconds = left};
}

Exchanged<Issued> issue_by_rule(OperationContext& context, const WorkloadProvider& provider,
                                const std::string& service_account_id, const oidc::Jwt& jwt,
                                const oidc::Subject& subject, const std::string& address) {
  TG_TRY(const auto rule, find_rule(context, provider, service_account_id, jwt.claims));
  return issue_for(context, rule, jwt, subject, address);
}

}  // namespace

TokenExchange::TokenExchange(Operations& operations, oidc::FetchOptions options)
    : TokenExchange{operations, [options = std::move(options)](const oidc::Source& source,
                                                               const std::atomic<bool>& stopping) {
                      return oidc::fetch_keys(source, options, stopping);
                    }} {}

TokenExchange::TokenExchange(Operations& operations, oidc::Issuers::Fetch&& fetch)
    : context_{operations.context()}, issuers_{std::move(fetch)} {}

http::Response TokenExchange::refuse_exchange(const Asked& asked, std::string_view why,
                                              std::string_view description) {
  log(LogLevel::kInfo, "token exchange refused",
      {{"why", why}, {"provider", asked.provider.id}, {"address", asked.address}});
  // What is this server's or the issuer's fault is not held against who asks.
  if (why != kUnavailable) {
    refusals_.add(identity::network_of(asked.address), std::chrono::steady_clock::now());
  }
  return respond(Refusal{why, std::string{description}});
}

void TokenExchange::answer(http::Request request, Done done) {
  Asked asked{.address = request.peer_address, .subject_token = {}, .service_account_id = {}};
  if (request.method != "POST") {
    auto response = refuse_exchange(asked, kInvalidRequest, "Ask by POST.");
    constexpr int kMethodNotAllowed = 405;
    response.status = kMethodNotAllowed;
    response.fields.push_back({"Allow", "POST"});
    done(std::move(response));
    return;
  }
  if (refusals_.is_full(identity::network_of(asked.address), std::chrono::steady_clock::now())) {
    done(
        respond(Refusal{kTooMany, "Too many refused exchanges from your network; wait a minute."}));
    return;
  }
  auto fields = read_request(request);
  wipe(request.body);
  if (!fields) {
    done(refuse_exchange(asked, fields.error().error, fields.error().description));
    return;
  }
  asked.subject_token = std::move(fields->subject_token);
  asked.service_account_id = std::move(fields->service_account_id);
  auto provider = find_provider(context_, fields->provider_id);
  if (!provider) {
    done(refuse_exchange(asked, provider.error().error, provider.error().description));
    return;
  }
  asked.provider = *std::move(provider);
  exchange(std::move(asked), std::move(done));
}

void TokenExchange::exchange(Asked asked, Done done) {
  // Before anybody's keys are fetched for it.
  const auto jwt = oidc::parse_jwt(asked.subject_token);
  if (!jwt) {
    done(refuse_exchange(asked, kInvalidToken, sentence(jwt.error().detail)));
    return;
  }
  const auto& provider = asked.provider;
  if (!provider.jwks.empty()) {
    const auto keys = oidc::KeySet::parse(provider.jwks);
    if (!keys) {
      done(refuse_exchange(asked, kUnavailable, sentence(keys.error().detail)));
      return;
    }
    done(issue(asked, *keys));
    return;
  }
  const oidc::Source source{.issuer = provider.issuer,
                            .discovery_url = provider.discovery_url,
                            .may_be_private = provider.may_be_private,
                            .owner = provider.organization_id.text()};
  const auto key_id = jwt->key_id;
  issuers_.keys(source, key_id,
                [this, asked = std::move(asked),
                 tell = std::move(done)](Result<oidc::Issuers::Keys> keys) mutable {
                  tell(keys ? issue(asked, **keys)
                            : refuse_exchange(asked, kUnavailable, sentence(keys.error().detail)));
                  wipe(asked.subject_token);
                });
}

http::Response TokenExchange::issue(const Asked& asked, const oidc::KeySet& keys) {
  const auto jwt = oidc::parse_jwt(asked.subject_token);
  if (!jwt || !keys.has_signed(*jwt)) {
    return refuse_exchange(asked, kInvalidToken,
                           "None of the issuer's keys has signed this token by an algorithm that "
                           "the key is for.");
  }
  const auto& provider = asked.provider;
  const auto subject = oidc::check_claims(
      jwt->claims, {.issuer = provider.issuer, .audience = provider.audience}, wall_now());
  if (!subject) return refuse_exchange(asked, kInvalidToken, sentence(subject.error().detail));

  const std::scoped_lock lock{context_.changes};
  const auto present = find_provider(context_, provider.id);
  if (!present) {
    return refuse_exchange(asked, present.error().error, present.error().description);
  }
  if (present->updated_at != provider.updated_at) {
    return refuse_exchange(asked, kUnavailable, "The provider has changed meanwhile; try again.");
  }
  const auto issued =
      issue_by_rule(context_, *present, asked.service_account_id, *jwt, *subject, asked.address);
  if (!issued) return refuse_exchange(asked, issued.error().error, issued.error().description);
  return respond(200, Json{{"access_token", issued->token.reveal()},
                           {"issued_token_type", kAccessTokenType},
                           {"token_type", "Bearer"},
                           {"expires_in", issued->seconds}});
}

}  // namespace tg::admin
