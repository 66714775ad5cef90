// SPDX-License-Identifier: Apache-2.0
#include "openai/object_path.h"

#include <algorithm>
#include <array>

namespace tg::openai {
namespace {

using enum ObjectKind;
using enum ObjectAct;

constexpr std::size_t kIdBytesMax = 128;

struct Row {
  std::string_view pattern;
  ObjectKind kind;
  std::optional<ObjectAct> get;
  std::optional<ObjectAct> post;
  std::optional<ObjectAct> remove;
};

constexpr std::nullopt_t kNo = std::nullopt;

// What is made or changed for money that no answer tells is closed: vector stores grow by the day.
constexpr auto kRows = std::to_array<Row>({
    {"/v1/files", kFile, kList, kMake, kNo},
    {"/v1/files/{}", kFile, kRead, kNo, kRemove},
    {"/v1/files/{}/content", kFile, kRead, kNo, kNo},
    {"/v1/uploads", kUpload, kNo, kMake, kNo},
    {"/v1/uploads/{}/parts", kUpload, kNo, kChange, kNo},
    {"/v1/uploads/{}/complete", kUpload, kNo, kComplete, kNo},
    {"/v1/uploads/{}/cancel", kUpload, kNo, kChange, kNo},
    {"/v1/batches", kBatch, kList, kMake, kNo},
    {"/v1/batches/{}", kBatch, kRead, kNo, kNo},
    {"/v1/batches/{}/cancel", kBatch, kNo, kChange, kNo},
    {"/v1/responses/{}", kResponse, kRead, kNo, kRemove},
    {"/v1/responses/{}/cancel", kResponse, kNo, kChange, kNo},
    {"/v1/responses/{}/input_items", kResponse, kRead, kNo, kNo},
    {"/v1/chat/completions", kChatCompletion, kList, kNo, kNo},
    {"/v1/chat/completions/{}", kChatCompletion, kRead, kChange, kRemove},
    {"/v1/chat/completions/{}/messages", kChatCompletion, kRead, kNo, kNo},
    {"/v1/conversations", kConversation, kNo, kMake, kNo},
    {"/v1/conversations/{}", kConversation, kRead, kChange, kRemove},
    {"/v1/conversations/{}/items", kConversation, kRead, kChange, kNo},
    {"/v1/conversations/{}/items/{}", kConversation, kRead, kNo, kChange},
    {"/v1/vector_stores", kVectorStore, kList, kClosed, kNo},
    {"/v1/vector_stores/{}", kVectorStore, kRead, kClosed, kRemove},
    {"/v1/vector_stores/{}/search", kVectorStore, kNo, kRead, kNo},
    {"/v1/vector_stores/{}/files", kVectorStore, kRead, kClosed, kNo},
    {"/v1/vector_stores/{}/files/{}", kVectorStore, kRead, kClosed, kChange},
    {"/v1/vector_stores/{}/files/{}/content", kVectorStore, kRead, kNo, kNo},
    {"/v1/vector_stores/{}/file_batches", kVectorStore, kNo, kClosed, kNo},
    {"/v1/vector_stores/{}/file_batches/{}", kVectorStore, kRead, kNo, kNo},
    {"/v1/vector_stores/{}/file_batches/{}/files", kVectorStore, kRead, kNo, kNo},
    {"/v1/vector_stores/{}/file_batches/{}/cancel", kVectorStore, kNo, kChange, kNo},
    {"/v1/fine_tuning/jobs", kFineTuningJob, kList, kMake, kNo},
    {"/v1/fine_tuning/jobs/{}", kFineTuningJob, kRead, kNo, kNo},
    {"/v1/fine_tuning/jobs/{}/cancel", kFineTuningJob, kNo, kChange, kNo},
    {"/v1/fine_tuning/jobs/{}/pause", kFineTuningJob, kNo, kChange, kNo},
    {"/v1/fine_tuning/jobs/{}/resume", kFineTuningJob, kNo, kChange, kNo},
    {"/v1/fine_tuning/jobs/{}/events", kFineTuningJob, kRead, kNo, kNo},
    {"/v1/fine_tuning/jobs/{}/checkpoints", kFineTuningJob, kRead, kNo, kNo},
    {"/v1/skills", kSkill, kList, kMake, kNo},
    {"/v1/skills/{}", kSkill, kRead, kChange, kRemove},
    {"/v1/skills/{}/content", kSkill, kRead, kNo, kNo},
    {"/v1/skills/{}/versions", kSkill, kRead, kChange, kNo},
    {"/v1/skills/{}/versions/{}", kSkill, kRead, kNo, kChange},
    {"/v1/skills/{}/versions/{}/content", kSkill, kRead, kNo, kNo},
});

struct KindRow {
  std::string_view name;
  Endpoint endpoint;
};
constexpr std::array<KindRow, kObjectKindCount> kKinds{{
    {"file", Endpoint::kFiles},
    {"upload", Endpoint::kUploads},
    {"batch", Endpoint::kBatches},
    {"response", Endpoint::kStoredResponses},
    {"chat completion", Endpoint::kStoredChatCompletions},
    {"conversation", Endpoint::kConversations},
    {"vector store", Endpoint::kVectorStores},
    {"fine-tuning job", Endpoint::kFineTuning},
    {"skill", Endpoint::kSkills},
    {"item", Endpoint::kStoredResponses},
    {"container", Endpoint::kStoredResponses},
    {"prompt", Endpoint::kStoredResponses},
    {"voice", Endpoint::kStoredResponses},
    {"tunnel", Endpoint::kStoredResponses},
}};

// Cuts the first segment, with its slash, off.
std::string_view take_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/', 1), rest.size());
  const auto segment = rest.substr(0, end);
  rest.remove_prefix(end);
  return segment;
}

std::string_view methods_of(const Row& row) {
  if (row.get && row.post && row.remove) return "GET, POST, DELETE";
  if (row.get && row.post) return "GET, POST";
  if (row.get && row.remove) return "GET, DELETE";
  return row.get ? "GET" : "POST";
}

std::optional<ObjectAct> act_of(const Row& row, std::string_view method) {
  if (method == "GET") return row.get;
  if (method == "POST") return row.post;
  if (method == "DELETE") return row.remove;
  return std::nullopt;
}

}  // namespace

std::string_view name(ObjectKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)].name;
}

Endpoint endpoint_of(ObjectKind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)].endpoint;
}

bool is_object_id(std::string_view text) noexcept {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == ':';
  };
  return !text.empty() && text.size() <= kIdBytesMax && !text.starts_with('.') &&
         std::ranges::all_of(text, plain);
}

bool fits_pattern(std::string_view pattern, std::string_view path, std::string_view& id) noexcept {
  id = {};
  while (!pattern.empty() && !path.empty()) {
    const auto wanted = take_segment(pattern);
    const auto given = take_segment(path);
    if (!wanted.ends_with('}')) {
      if (wanted != given) return false;
      continue;
    }
    if (given.empty() || !is_object_id(given.substr(1))) return false;
    if (id.empty()) id = given.substr(1);
  }
  return pattern.empty() && path.empty();
}

std::optional<ObjectPath> match_object(std::string_view method, std::string_view path) noexcept {
  for (const auto& row : kRows) {
    std::string_view id;
    if (!fits_pattern(row.pattern, path, id)) continue;
    ObjectPath found{.match = std::nullopt, .allow = methods_of(row)};
    if (const auto act = act_of(row, method)) {
      found.match = ObjectMatch{.kind = row.kind, .act = *act, .id = id};
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace tg::openai
