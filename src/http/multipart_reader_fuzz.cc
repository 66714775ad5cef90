// SPDX-License-Identifier: Apache-2.0
// In pieces of any size a form is what it is as a whole: refused by both readers, or the same
// parts, each at its place.
#include <algorithm>
#include <string>
#include <vector>

#include "http/multipart.h"
#include "http/multipart_reader.h"

namespace tg::http {
namespace {

constexpr std::string_view kBoundary = "b0";

struct ReadPart {
  std::string name;
  std::string filename;
  std::string content_type;
  std::string body;
  std::uint64_t body_offset = 0;
};

struct Read {
  std::vector<ReadPart> parts;
  bool well_formed = false;
};

void take(const MultipartReader::Event& event, std::string_view form, Read& read) {
  if (event.kind == MultipartReader::Kind::kPart) {
    read.parts.push_back({.name = std::string{event.part.name},
                          .filename = std::string{event.part.filename},
                          .content_type = std::string{event.part.content_type},
                          .body = {}});
  } else if (event.kind == MultipartReader::Kind::kData) {
    TG_CHECK(!event.data.empty() && form.substr(event.offset).starts_with(event.data));
    read.parts.back().body.append(event.data);
  } else {
    auto& part = read.parts.back();
    TG_CHECK(form.substr(event.offset).starts_with("\r\n--b0"));
    part.body_offset = event.offset - part.body.size();
  }
}

// Pieces of one to `piece_bytes_max` bytes, by turns.
Read read_in_pieces(std::string_view form, std::size_t piece_bytes_max) {
  Read read;
  MultipartReader reader{kBoundary};
  std::size_t piece_bytes = 0;
  for (std::size_t at = 0; at < form.size(); at += piece_bytes) {
    piece_bytes = piece_bytes % piece_bytes_max + 1;
    reader.feed(form.substr(at, piece_bytes));
    for (;;) {
      const auto event = reader.next();
      if (!event) {
        TG_CHECK(!reader.finish() && !reader.next());
        return read;
      }
      if (event->kind == MultipartReader::Kind::kMore) break;
      take(*event, form, read);
    }
  }
  read.well_formed = reader.finish().has_value();
  return read;
}

void check_same(std::string_view form, const Result<std::vector<Part>>& whole, const Read& read) {
  TG_CHECK(whole.has_value() == read.well_formed);
  if (!whole) return;
  TG_CHECK(whole->size() == read.parts.size());
  for (std::size_t i = 0; i < whole->size(); ++i) {
    const auto& [name, filename, content_type, body] = (*whole)[i];
    const auto& part = read.parts[i];
    TG_CHECK(part.name == name && part.filename == filename && part.content_type == content_type);
    TG_CHECK(part.body == body);
    TG_CHECK(part.body_offset == static_cast<std::uint64_t>(body.data() - form.data()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view form{reinterpret_cast<const char*>(data), size};
  const auto whole = parse_multipart(form, kBoundary);
  for (const std::size_t piece_bytes_max : {std::size_t{1}, std::size_t{7}, form.size() + 1}) {
    check_same(form, whole, read_in_pieces(form, piece_bytes_max));
  }
  return 0;
}

}  // namespace tg::http
