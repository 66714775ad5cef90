// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "openai/endpoint.h"
#include "openai/request_peek.h"

// The sandbox: an upstream inside the process that answers in OpenAI's exact forms, the same bytes
// for the same request, and says in every answer that no model was called (docs/sandbox.md).
// Test keys reach it whatever model they name; models called `sandbox/…` provoke what goes wrong.
//
// Threading:  pure; it opens nothing and waits for nothing: the caller sends the steps and keeps
//             their delays.
// Limits:     answers stay small: 128 choices, 2,048 embeddings of at most 3,072 numbers, 10
// images,
//             60 s of speech.
// Errors:     told as an upstream tells them: a status and OpenAI's error body.
namespace tg::providers {

struct SandboxRequest {
  openai::Endpoint endpoint{};
  std::string_view path;          // decides nothing today; for the answer's wording
  std::string_view content_type;  // a form's boundary stands here
  std::string_view body;
  const openai::RequestPeek& peek;
  // `created` in the answer. What a caller does not set stays the same in every answer.
  std::int64_t created_s = 1'767'225'600;  // 2026-01-01
};

struct SandboxStep {
  std::chrono::milliseconds delay;  // before these bytes
  std::string bytes;
};

struct SandboxAnswer {
  int status = 200;
  std::string content_type;
  bool stream = false;  // bytes come as events, each step to be sent as it is due
  std::vector<SandboxStep> steps;
  bool disconnect = false;  // breaks off after the last step instead of ending
};

[[nodiscard]] SandboxAnswer answer(const SandboxRequest& request);

// The names that a test key's GET /models lists.
[[nodiscard]] const std::vector<std::string_view>& sandbox_models();

}  // namespace tg::providers
