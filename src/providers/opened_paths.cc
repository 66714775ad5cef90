// SPDX-License-Identifier: Apache-2.0
#include "providers/opened_paths.h"

#include <soci/soci.h>

#include <algorithm>
#include <array>

#include "openai/closed_path.h"
#include "openai/object_path.h"

namespace tg::providers {
namespace {

using soci::into;
using soci::use;

constexpr std::size_t kPathBytesMax = 256;
constexpr int kSegmentsMax = 16;
constexpr long long kPathsMax = 256;
constexpr std::array<std::string_view, 5> kMethods = {"GET", "POST", "DELETE", "PUT", "PATCH"};
// What Tollgate itself answers, and what is no request with one answer.
constexpr std::array<std::string_view, 6> kOurs = {"/v1/organization", "/v1/projects",
                                                   "/v1/tollgate",     "/v1/models",
                                                   "/v1/engines",      "/v1/realtime"};

bool is_segment(std::string_view segment) {
  if (segment.starts_with('{') && segment.ends_with('}')) {
    segment = segment.substr(1, segment.size() - 2);
  }
  return openai::is_object_id(segment);
}

bool is_pattern(std::string_view path) {
  if (!path.starts_with("/v1/") || path.size() > kPathBytesMax) return false;
  int segments = 0;
  for (auto rest = path; !rest.empty(); ++segments) {
    const auto end = std::min(rest.find('/', 1), rest.size());
    if (!is_segment(rest.substr(1, end - 1))) return false;
    rest.remove_prefix(end);
  }
  return segments <= kSegmentsMax;
}

Result<void> check(const OpenedPathChoice& choice) {
  if (std::ranges::find(kMethods, choice.method) == kMethods.end()) {
    return fail(Code::kFieldInvalid, "the method must be GET, POST, DELETE, PUT or PATCH");
  }
  if (!is_pattern(choice.path)) {
    return fail(Code::kFieldInvalid, "write the path as /v1/videos or /v1/videos/{id}");
  }
  const auto ours = [&](std::string_view family) { return openai::is_below(choice.path, family); };
  if (std::ranges::any_of(kOurs, ours)) {
    return fail(Code::kFieldInvalid, "this path is Tollgate's own, or needs a WebSocket");
  }
  auto example = choice.path;  // with an id where one will stand
  std::erase_if(example, [](char c) { return c == '{' || c == '}'; });
  const auto object = openai::match_object(choice.method, example);
  const bool is_object =
      object && object->match && object->match->act != openai::ObjectAct::kClosed;
  if (is_object || (choice.method == "POST" && openai::match_endpoint(choice.path))) {
    return fail(Code::kFieldInvalid, "this path is open and metered already");
  }
  return {};
}

}  // namespace

Result<std::vector<OpenedPathChoice>> list_opened_paths(store::Database& database) {
  std::vector<OpenedPathChoice> choices;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT method, path, provider_id, price FROM opened_paths"
                        " ORDER BY path, method");
    for (const auto& row : rows) {
      choices.push_back({.method = row.get<std::string>(0),
                         .path = row.get<std::string>(1),
                         .provider = ProviderId{row.get<std::string>(2)},
                         .price = NanoUsd{row.get<long long>(3)}});
    }
    return {};
  }));
  return choices;
}

Result<void> open_path(store::Database& database, const OpenedPathChoice& choice) {
  TG_TRY_DONE(check(choice));
  const auto provider = choice.provider.text();
  const long long price = choice.price.count();
  return database.write([&](soci::session& sql) -> Result<void> {
    long long others = 0;
    sql << "SELECT COUNT(*) FROM opened_paths WHERE NOT (method = :method AND path = :path)",
        use(choice.method), use(choice.path), into(others);
    if (others >= kPathsMax) return fail(Code::kFieldInvalid, "256 paths are open already");
    sql << "INSERT INTO opened_paths (method, path, provider_id, price)"
           " VALUES (:method, :path, :provider, :price) ON CONFLICT (method, path) DO UPDATE SET"
           " provider_id = excluded.provider_id, price = excluded.price",
        use(choice.method), use(choice.path), use(provider), use(price);
    return {};
  });
}

Result<void> close_path(store::Database& database, std::string_view method, std::string_view path) {
  const std::string of{method};
  const std::string closed{path};
  return database.write([&](soci::session& sql) -> Result<void> {
    long long open = 0;
    sql << "SELECT COUNT(*) FROM opened_paths WHERE method = :method AND path = :path", use(of),
        use(closed), into(open);
    if (open == 0) return fail(Code::kNotFound, "no such path is open");
    sql << "DELETE FROM opened_paths WHERE method = :method AND path = :path", use(of), use(closed);
    return {};
  });
}

}  // namespace tg::providers
