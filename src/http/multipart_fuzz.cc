// SPDX-License-Identifier: Apache-2.0
// What parses has a part for each delimiter that any reader could find in it; and with one field
// rewritten it parses again, to the same parts but for that field.
#include <algorithm>
#include <string>

#include "base/result.h"
#include "http/multipart.h"

namespace tg::http {
namespace {

constexpr std::string_view kBoundary = "b0";
constexpr std::string_view kDelimiter = "\r\n--b0";

bool is_same(const Part& left, const Part& right, bool body_too) {
  return left.name == right.name && left.filename == right.filename &&
         left.content_type == right.content_type && (!body_too || left.body == right.body);
}

void check_views(std::string_view body, const std::vector<Part>& parts) {
  std::size_t delimiters = 0;
  for (auto at = body.find(kDelimiter); at != std::string_view::npos;) {
    ++delimiters;
    at = body.find(kDelimiter, at + 1);
  }
  TG_CHECK(delimiters == parts.size());
  for (const Part& part : parts) {
    TG_CHECK(part.body.data() >= body.data());
    TG_CHECK(part.body.data() + part.body.size() <= body.data() + body.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view body{reinterpret_cast<const char*>(data), size};
  if (const auto boundary = boundary_of(body)) {
    TG_CHECK(body.find(*boundary) != std::string_view::npos);
    TG_CHECK(parse_multipart("--" + std::string{*boundary} + "--\r\n", *boundary));
  }
  const auto parts = parse_multipart(body, kBoundary);
  if (!parts) {
    TG_CHECK(!rewrite_field(body, kBoundary, "model", "m"));
    return 0;
  }
  check_views(body, *parts);
  const auto is_model = [](const Part& part) { return part.name == "model"; };
  const auto models = std::count_if(parts->begin(), parts->end(), is_model);
  const auto out = rewrite_field(body, kBoundary, "model", "m");
  TG_CHECK(models <= 1 || !out);
  if (!out) return 0;

  const auto again = parse_multipart(*out, kBoundary);
  if (parts->size() == kPartsMax && models == 0) return 0;  // one part too many
  TG_CHECK(again && again->size() == parts->size() + (models == 0 ? 1 : 0));
  check_views(*out, *again);
  auto now = again->begin();
  if (models == 0) {
    TG_CHECK(is_model(*now) && now->body == "m");
    ++now;
  }
  for (const Part& before : *parts) {
    TG_CHECK(is_same(before, *now, !is_model(before)));
    TG_CHECK(!is_model(before) || now->body == "m");
    ++now;
  }
  return 0;
}

}  // namespace tg::http
