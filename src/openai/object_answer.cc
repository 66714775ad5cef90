// SPDX-License-Identifier: Apache-2.0
#include "openai/object_answer.h"

#include <algorithm>
#include <array>

#include "openai/json.h"
#include "openai/json_document.h"
#include "openai/references.h"
#include "openai/response_items.h"
#include "openai/usage_json.h"

namespace tg::openai {
namespace {

using simdjson::dom::element;

constexpr std::size_t kFilesMax = 4;
// What no provider counts up to; sums of it stay far below 2^63.
constexpr std::int64_t kCountMax = std::int64_t{1} << 53;

void take_file(element value, ObjectFacts& facts) {
  const auto id = text_or_empty(value);
  if (is_object_id(id) && facts.files.size() < kFilesMax) facts.files.emplace_back(id);
}

void read_member(std::string_view key, element value, ObjectFacts& facts) {
  if (key == "id" && is_object_id(text_or_empty(value))) {
    facts.id = text_or_empty(value);
  } else if (key == "status") {
    facts.status = text_or_empty(value);
  } else if (key == "endpoint") {
    facts.endpoint = text_or_empty(value);
  } else if (key == "input_file_id" || key == "training_file") {
    facts.input_file_id = text_or_empty(value);
  } else if (key == "trained_tokens") {
    std::int64_t tokens = -1;
    (void)value.get_int64().get(tokens);
    if (tokens >= 0 && tokens <= kCountMax) facts.trained_tokens = tokens;
  } else if (key == "created_at") {
    (void)value.get_int64().get(facts.created_s);
  } else if (key == "deleted") {
    bool deleted = false;
    facts.removed = value.get_bool().get(deleted) == simdjson::SUCCESS && deleted;
  } else if (key == "output_file_id" || key == "error_file_id") {
    take_file(value, facts);
    if (key == "output_file_id") facts.output_file_id = text_or_empty(value);
  } else if (key == "result_files") {
    simdjson::dom::array files;
    if (value.get_array().get(files) != simdjson::SUCCESS) return;
    for (const element file : files) take_file(file, facts);
  } else if (key == "file") {
    each_member(value, [&facts](std::string_view name, element inner) {
      if (name == "id") take_file(inner, facts);
    });
  } else if (key == "usage") {
    simdjson::dom::object usage;
    if (value.get_object().get(usage) != simdjson::SUCCESS) return;
    (void)read_usage(Endpoint::kResponses, usage, facts.usage);
  }
}

std::string id_of(element object) {
  std::string id;
  each_member(object, [&id](std::string_view key, element value) {
    if (key == "id") id = text_or_empty(value);
  });
  return id;
}

}  // namespace

std::optional<ObjectFacts> read_object(std::string_view body) {
  const Document document{body};
  if (!document.is_object()) return std::nullopt;
  ObjectFacts facts;
  each_member(document.root(),
              [&facts](std::string_view key, element value) { read_member(key, value, facts); });
  return facts;
}

std::vector<AnswerPart> parts_of_response(std::string_view body) {
  const Document document{body};
  std::vector<AnswerPart> parts;
  each_member(document.root(), [&parts](std::string_view key, element value) {
    if (key == "output") add_items(value, Kept::kAll, parts);
  });
  return parts;
}

bool has_ended(std::string_view status) noexcept {
  static constexpr std::array<std::string_view, 7> kEnds = {
      "completed", "failed", "expired", "cancelled", "incomplete", "succeeded", "canceled"};
  return std::ranges::find(kEnds, status) != kEnds.end();
}

Result<BatchRequest> read_batch_request(std::string_view body) {
  const Document document{body};
  TG_TRY_DONE(document.check());
  BatchRequest request;
  int seen = 0;
  each_member(document.root(), [&](std::string_view key, element value) {
    if (key != "input_file_id" && key != "endpoint") return;
    ++seen;
    (key == "endpoint" ? request.endpoint : request.input_file_id) = text_or_empty(value);
  });
  if (seen > 2) {
    return fail(Code::kBodyMalformed, "a field is given twice; an upstream might read the other");
  }
  if (!is_object_id(request.input_file_id)) {
    return fail(Code::kBodyMalformed, "input_file_id must be the id of an uploaded file");
  }
  return request;
}

Result<std::vector<std::string>> references_of(std::string_view body) {
  const Document document{body};
  TG_TRY_DONE(document.check());
  std::vector<std::string> references;
  add_references(document.root(), references);
  each_member(document.root(), [&references](std::string_view key, element value) {
    if (key == "items" || key == "input") (void)add_item_references(value, references);
  });
  return references;
}

std::optional<ObjectPage> read_page(std::string_view body) {
  const Document document{body};
  if (!document.is_object()) return std::nullopt;
  ObjectPage page;
  bool has_data = false;
  each_member(document.root(), [&](std::string_view key, element value) {
    if (key == "has_more") (void)value.get_bool().get(page.has_more);
    simdjson::dom::array objects;
    if (key != "data" || value.get_array().get(objects) != simdjson::SUCCESS) return;
    has_data = true;
    for (const element object : objects) {
      page.objects.push_back({.id = id_of(object), .json = simdjson::minify(object)});
    }
  });
  if (!has_data) return std::nullopt;
  return page;
}

std::string write_page(const ObjectPage& page) {
  std::string out = R"({"object":"list","data":[)";
  for (const auto& object : page.objects) {
    if (!out.ends_with('[')) out += ',';
    out += object.json;
  }
  if (page.objects.empty()) {
    out += R"(],"first_id":null,"last_id":null)";
  } else {
    out += R"(],"first_id":)";
    append_json_string(out, page.objects.front().id);
    out += R"(,"last_id":)";
    append_json_string(out, page.objects.back().id);
  }
  out += page.has_more ? R"(,"has_more":true})" : R"(,"has_more":false})";
  return out;
}

}  // namespace tg::openai
