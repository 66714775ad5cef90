// SPDX-License-Identifier: Apache-2.0
#include "oidc/jwt.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

namespace tg::oidc {
namespace {

constexpr int kNestingMax = 16;
constexpr std::size_t kKeyIdBytesMax = 256;

// What the parser passes must mean the same to every reader.
class Watcher {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    if (depth > kNestingMax) good_ = false;
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end && !names_.empty()) names_.pop_back();
    if (event == Json::parse_event_t::key && !names_.empty()) {
      if (!names_.back().insert(value.get_ref<const std::string&>()).second) good_ = false;
    }
    return true;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::vector<std::set<std::string>> names_;
  bool good_ = true;
};

std::string text_of(const Json& header, const char* field) {
  const auto found = header.find(field);
  return found != header.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// Where a type is said, it is one that names a workload: no logout token, no event.
bool is_subject_type(const Json& header) {
  if (!header.contains("typ")) return true;
  constexpr std::array<std::string_view, 5> kTypes{"jwt", "jose", "at+jwt", "application/jwt",
                                                   "application/at+jwt"};
  return std::ranges::find(kTypes, lower(text_of(header, "typ"))) != kTypes.end();
}

Result<Json> object_in(std::string_view part) {
  TG_TRY(const auto text, from_base64url(part));
  return parse_strict_object(text);
}

Result<void> read_header(const Json& header, Jwt& jwt) {
  for (const char* field : {"crit", "enc", "zip", "b64", "cty"}) {
    if (header.contains(field)) {
      return fail(Code::kFieldInvalid,
                  "the token is encrypted, nested or extended; a plain signed JWT is wanted");
    }
  }
  if (!is_subject_type(header)) {
    return fail(Code::kFieldInvalid, "the token's 'typ' says that it is made for something else");
  }
  jwt.algorithm = text_of(header, "alg");
  if (jwt.algorithm.empty()) return fail(Code::kFieldInvalid, "the token's header has no 'alg'");
  jwt.key_id = text_of(header, "kid");
  if (jwt.key_id.empty() || jwt.key_id.size() > kKeyIdBytesMax) {
    return fail(Code::kFieldInvalid, "the token's header has no 'kid' that could name a key");
  }
  return {};
}

}  // namespace

Result<std::string> from_base64url(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  const int done = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                     text.data(), text.size(), nullptr, &size, &end,
                                     sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  if (done != 0 || end != text.data() + text.size()) {
    return fail(Code::kFieldInvalid, "this is not base64url");
  }
  bytes.resize(size);
  return bytes;
}

Result<Json> parse_strict_object(std::string_view text) {
  Watcher watcher;
  // The parser itself does not recurse.
  auto parsed = Json::parse(
      text,
      [&watcher](int depth, Json::parse_event_t event, const Json& value) {
        return watcher(depth, event, value);
      },
      /*allow_exceptions=*/false);
  if (parsed.is_discarded() || !parsed.is_object() || !watcher.good()) {
    return fail(Code::kFieldInvalid, "this is no JSON object as it is understood here");
  }
  return parsed;
}

Result<Jwt> parse_jwt(std::string_view token) {
  if (token.size() > kTokenBytesMax) {
    return fail(Code::kFieldInvalid, "the token is larger than 16 KiB");
  }
  if (std::ranges::count(token, '.') != 2) {
    return fail(Code::kFieldInvalid, "the token is no JWT: three parts with dots between them");
  }
  const auto first = token.find('.');
  const auto second = token.rfind('.');
  const auto header = object_in(token.substr(0, first));
  auto claims = object_in(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !claims || !signature) {
    return fail(Code::kFieldInvalid,
                "the token is no JWT: its parts are not base64url of JSON objects");
  }
  Jwt jwt;
  TG_TRY_DONE(read_header(*header, jwt));
  jwt.claims = *std::move(claims);
  jwt.signed_part = token.substr(0, second);
  jwt.signature = *std::move(signature);
  return jwt;
}

}  // namespace tg::oidc
