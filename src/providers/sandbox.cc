// SPDX-License-Identifier: Apache-2.0
#include "providers/sandbox.h"

#include <array>
#include <utility>

#include "openai/error_table.h"
#include "providers/sandbox_parts.h"

namespace tg::providers {
namespace sandbox {
namespace {

using openai::Endpoint;
using std::chrono::milliseconds;

constexpr std::string_view kPrefix = "sandbox/";
constexpr std::string_view kJsonType = "application/json";

// 480 pieces, one each 250 ms, are the two minutes of a slow stream; two seconds are seen as a
// wait and end before any client's patience does.
constexpr milliseconds kSlowPieceDelay{250};
constexpr milliseconds kSlowAnswerDelay{2'000};

struct Named {
  std::string_view model;
  Behaviour behaviour;
};
constexpr std::array kNamed{
    Named{"sandbox/default", Behaviour::kAnswer},
    Named{"sandbox/error-429", Behaviour::kError429},
    Named{"sandbox/error-500", Behaviour::kError500},
    Named{"sandbox/slow", Behaviour::kSlow},
    Named{"sandbox/disconnect", Behaviour::kDisconnect},
    Named{"sandbox/garbage", Behaviour::kGarbage},
    Named{"sandbox/no-usage", Behaviour::kNoUsage},
};

// Other names than the sandbox's own are answered as if their model were there.
Behaviour behaviour_of(std::string_view model) {
  if (!model.starts_with(kPrefix)) return Behaviour::kAnswer;
  for (const auto& named : kNamed) {
    if (named.model == model) return named.behaviour;
  }
  return Behaviour::kUnknown;
}

SandboxAnswer failure(int status, std::string body) {
  auto answer = plain_answer(kJsonType, std::move(body));
  answer.status = status;
  return answer;
}

SandboxAnswer garbage(bool stream) {
  auto answer = stream ? event_stream() : plain_answer(kJsonType, {});
  answer.steps = {{milliseconds{0}, "\x01\x02{[ garbage from the sandbox \xFE\xFF ]\n\n}\x7F"}};
  return answer;
}

// What needs no body to be answered.
std::optional<SandboxAnswer> provoked(Behaviour behaviour, bool stream) {
  switch (behaviour) {
    case Behaviour::kError429:
      return failure(429, openai::error_body(Code::kRateLimit,
                                             "This is Tollgate's sandbox: sandbox/error-429 always "
                                             "answers that there are too many requests."));
    case Behaviour::kError500:
      return failure(
          500, openai::error_body("This is Tollgate's sandbox: sandbox/error-500 always fails.",
                                  "server_error", {}, {}));
    case Behaviour::kUnknown:
      return failure(404, openai::error_body(Code::kModelNotFound,
                                             "The sandbox has no model of this name; GET "
                                             "/v1/models lists those it has.",
                                             "model"));
    case Behaviour::kGarbage: return garbage(stream);
    default: return std::nullopt;
  }
}

SandboxAnswer dispatch(const Call& call) {
  switch (call.request.endpoint) {
    case Endpoint::kChatCompletions: return chat(call);
    case Endpoint::kResponses: return responses(call);
    case Endpoint::kCompletions: return completions(call);
    case Endpoint::kEmbeddings: return embeddings(call);
    case Endpoint::kModerations: return moderations(call);
    case Endpoint::kImageGenerations:
    case Endpoint::kImageEdits:
    case Endpoint::kImageVariations: return images(call);
    case Endpoint::kSpeech: return speech(call);
    case Endpoint::kTranscriptions:
    case Endpoint::kTranslations: return transcription(call);
    case Endpoint::kInputTokens: return input_tokens(call);
    case Endpoint::kCompact: return compact(call);
    default: break;  // it keeps nothing
  }
  return refusal("The sandbox does not know this endpoint.");
}

void slow_down(SandboxAnswer& answer) {
  if (!answer.stream) {
    answer.steps.front().delay = kSlowAnswerDelay;
    return;
  }
  // The first event goes at once: a client sees that it was heard.
  for (std::size_t i = 1; i < answer.steps.size(); ++i) answer.steps[i].delay = kSlowPieceDelay;
}

// Half of the events, or half of the bytes where there is one step alone.
void break_off(SandboxAnswer& answer) {
  if (answer.steps.size() > 1) {
    answer.steps.resize(answer.steps.size() / 2);
  } else {
    auto& bytes = answer.steps.front().bytes;
    bytes.resize((bytes.size() + 1) / 2);
  }
  answer.disconnect = true;
}

// What is wrong with the body, or nothing.
std::optional<SandboxAnswer> read_body(Call& call) {
  const auto& request = call.request;
  if (!openai::is_multipart(request.endpoint)) {
    call.body = Json::parse(request.body, nullptr, false);
    if (!call.body.is_object()) return refusal("The body is not a JSON object.");
    return std::nullopt;
  }
  const auto boundary = http::boundary_of(request.content_type);
  if (!boundary) return refusal("The Content-Type must be multipart/form-data with a boundary.");
  auto parts = http::parse_multipart(request.body, *boundary);
  if (!parts) return refusal("The body is not the form that its Content-Type says.");
  call.parts = *std::move(parts);
  return std::nullopt;
}

}  // namespace
}  // namespace sandbox

SandboxAnswer answer(const SandboxRequest& request) {
  sandbox::Call call{.request = request, .behaviour = sandbox::behaviour_of(request.peek.model)};
  if (auto made = sandbox::provoked(call.behaviour, call.stream())) return *std::move(made);
  if (auto refused = sandbox::read_body(call)) return *std::move(refused);
  auto answer = sandbox::dispatch(call);
  if (answer.status != 200) return answer;
  if (call.behaviour == sandbox::Behaviour::kSlow) sandbox::slow_down(answer);
  if (call.behaviour == sandbox::Behaviour::kDisconnect) sandbox::break_off(answer);
  return answer;
}

const std::vector<std::string_view>& sandbox_models() {
  static const auto kModels = [] {
    std::vector<std::string_view> models;
    for (const auto& named : sandbox::kNamed) models.push_back(named.model);
    return models;
  }();
  return kModels;
}

}  // namespace tg::providers
