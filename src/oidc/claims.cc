// SPDX-License-Identifier: Apache-2.0
#include "oidc/claims.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tg::oidc {
namespace {

constexpr std::size_t kAudiencesMax = 32;
constexpr std::size_t kSubjectBytesMax = 1024;
constexpr double kSecondsMax = 253'402'300'799;  // the year 9999's last

// RFC 7519's NumericDate may have a fraction.
std::optional<WallTime> time_of(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return std::nullopt;
  const auto seconds = found->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kSecondsMax) return std::nullopt;
  return from_unix_ms(static_cast<std::int64_t>(seconds * 1000));
}

bool is_text(const Json& value, std::string_view text) {
  return value.is_string() && value.get_ref<const std::string&>() == text;
}

bool is_for(const Json& claims, std::string_view audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (!found->is_array()) return is_text(*found, audience);
  return found->size() <= kAudiencesMax &&
         std::ranges::any_of(*found, [&](const Json& each) { return is_text(each, audience); });
}

Result<WallTime> check_times(const Json& claims, WallTime now) {
  const auto issued_at = time_of(claims, "iat");
  const auto expires_at = time_of(claims, "exp");
  if (!issued_at || !expires_at) {
    return fail(Code::kFieldInvalid, "the token does not say when it was made and when it ends");
  }
  if (*expires_at <= now) return fail(Code::kFieldInvalid, "the token has expired");
  const bool begins_later =
      claims.contains("nbf") && time_of(claims, "nbf").value_or(WallTime::max()) > now + kClockSkew;
  if (*issued_at > now + kClockSkew || begins_later) {
    return fail(Code::kFieldInvalid,
                "the token is not valid yet; compare the issuer's clock with this server's");
  }
  if (*expires_at - *issued_at > kLifetimeMax) {
    return fail(Code::kFieldInvalid,
                "the token is made to last longer than 24 hours; let the issuer make it shorter");
  }
  return *expires_at;
}

}  // namespace

Result<Subject> check_claims(const Json& claims, const Expected& expected, WallTime now) {
  const auto issuer = claims.find("iss");
  if (issuer == claims.end() || !is_text(*issuer, expected.issuer)) {
    return fail(Code::kFieldInvalid, "the token is another issuer's ('iss')");
  }
  if (!is_for(claims, expected.audience)) {
    return fail(Code::kFieldInvalid, "the token is meant for somebody else ('aud')");
  }
  TG_TRY(const auto expires_at, check_times(claims, now));
  const auto subject = claims.find("sub");
  if (subject == claims.end() || !subject->is_string() ||
      subject->get_ref<const std::string&>().empty() ||
      subject->get_ref<const std::string&>().size() > kSubjectBytesMax) {
    return fail(Code::kFieldInvalid, "the token does not say whose it is ('sub')");
  }
  return Subject{.name = subject->get<std::string>(), .expires_at = expires_at};
}

}  // namespace tg::oidc
