// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "openai/endpoint.h"

// Paths of objects that live upstream: files, batches, stored responses … Which object a path
// names, and what a method does to it.
//
// Threading:  pure.
// Limits:     an id has 1 to 128 letters, digits, '_', '-', '.' and ':'; a segment that could lead
//             elsewhere ("..", or anything escaped) names nothing.
namespace tg::openai {

// The numbers stand in journals and in SQL.
enum class ObjectKind : std::uint8_t {
  kFile,
  kUpload,
  kBatch,
  kResponse,
  kChatCompletion,
  kConversation,
  kVectorStore,
  kFineTuningJob,
  kSkill,
  // No path leads to these; requests name them.
  kItem,       // that an answer consists of: a response's item, a chat answer's recording
  kContainer,  // that a response's tools ran in
  kPrompt,     // stored prompts, voices and tunnels are made elsewhere: an operator gives them
  kVoice,
  kTunnel,
};
inline constexpr int kObjectKindCount = 14;

// "file", "batch", …: for people and for error messages.
[[nodiscard]] std::string_view name(ObjectKind kind) noexcept;
[[nodiscard]] Endpoint endpoint_of(ObjectKind kind) noexcept;

enum class ObjectAct : std::uint8_t {
  kList,
  kMake,
  kRead,
  kChange,    // the object, or something below it
  kComplete,  // an upload, which becomes a file
  kRemove,
  kClosed,  // exists at OpenAI and is not passed on: what it costs cannot be metered
};

struct ObjectMatch {
  ObjectKind kind{};
  ObjectAct act = ObjectAct::kClosed;
  std::string_view id;  // of the path's first object; empty: the collection

  [[nodiscard]] bool writes() const noexcept {
    return act != ObjectAct::kList && act != ObjectAct::kRead;
  }
};

struct ObjectPath {
  std::optional<ObjectMatch> match;  // nothing: not with this method
  std::string_view allow;            // the methods that there are
};

// Nothing when the path names no object.
[[nodiscard]] std::optional<ObjectPath> match_object(std::string_view method,
                                                     std::string_view path) noexcept;

// Whether the path is one of the pattern, "/v1/files/{id}", whose segments in braces stand for ids;
// the first of them is told.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view path,
                                std::string_view& id) noexcept;

[[nodiscard]] bool is_object_id(std::string_view text) noexcept;

}  // namespace tg::openai
