// SPDX-License-Identifier: Apache-2.0
#include "gateway/model_list.h"

#include <fmt/format.h>

#include <vector>

#include "base/ids.h"
#include "gateway/authenticate.h"
#include "gateway/refuse.h"
#include "http/url.h"
#include "http/write.h"
#include "openai/json.h"
#include "providers/sandbox.h"

namespace tg::gateway {
namespace {

constexpr std::string_view kPath = "/v1/models";

struct Listed {
  std::string_view model;
  std::string_view owner;
};

std::vector<Listed> models_of(const keys::Key& key, const config::Snapshot& snapshot) {
  std::vector<Listed> models;
  if (key.kind == keys::KeyKind::kTest) {
    for (const auto model : providers::sandbox_models()) models.push_back({model, "sandbox"});
    return models;
  }
  for (const auto& [name, route] : snapshot.routes) {
    // A retired name works, but nobody should begin to use it.
    if (!route.successor_of.empty() || !may_use_model(key, name)) continue;
    models.push_back({name, route.targets.front().provider->name});
  }
  std::ranges::sort(models, {}, &Listed::model);
  return models;
}

void append_model(std::string& out, const Listed& listed) {
  out.append(R"({"id":)");
  openai::append_json_string(out, listed.model);
  // The upstream's date of a model is not known here, and the field is required.
  out.append(R"(,"object":"model","created":0,"owned_by":)");
  openai::append_json_string(out, listed.owner);
  out.append("}");
}

std::string list_body(const std::vector<Listed>& models) {
  std::string body = R"({"object":"list","data":[)";
  for (const auto& listed : models) {
    if (!body.ends_with('[')) body.append(",");
    append_model(body, listed);
  }
  body.append("]}");
  return body;
}

struct Answer {
  Code code = Code::kModelNotFound;
  std::string message;
  std::string body;  // empty: the code and message
};

Answer answer_models(WorkerContext& context, Client& client, const http::RequestHead& head) {
  const auto caller = authenticate(context, client, head.fields);
  if (!caller.key) return {.code = caller.refusal, .message = caller.message, .body = {}};
  if (!may_list_models(*caller.key)) {
    return {.code = Code::kScopeMissing,
            .message =
                "You have insufficient permissions for this operation. Missing scopes: "
                "api.model.read. The key's owner can add it.",
            .body = {}};
  }
  const auto snapshot = context.snapshot.get();
  const auto models = models_of(*caller.key, *snapshot);
  if (head.path == kPath) return {.code = {}, .message = {}, .body = list_body(models)};

  const auto wanted = http::percent_decode(head.path.substr(kPath.size() + 1));
  const auto found = std::ranges::find(models, wanted.value_or(""), &Listed::model);
  if (found == models.end()) return {};
  Answer answer;
  append_model(answer.body, *found);
  return answer;
}

}  // namespace

bool is_model_list(std::string_view path) noexcept {
  return path == kPath ||
         (path.starts_with(kPath) && path.size() > kPath.size() + 1 && path[kPath.size()] == '/');
}

net::Task<bool> serve_models(WorkerContext& context, Client* client,
                             const http::RequestHead* head) {
  const auto answer = answer_models(context, *client, *head);
  const bool keep_alive = head->keep_alive && !context.draining &&
                          head->framing == http::Framing::kNone &&
                          answer.code != Code::kCertificateRequired;
  std::string bytes;
  if (answer.body.empty()) {
    auto refusal = refusal_of(answer.code, head);
    refusal.message = answer.message;
    refusal.keep_alive = keep_alive;
    bytes = error_answer(refusal);
  } else {
    http::Response response{
        .status = 200, .fields = {{"content-type", "application/json"}}, .body = answer.body};
    response.fields.push_back({"x-request-id", make_id("req_")});
    if (const auto own = client_request_id_of(head->fields); !own.empty()) {
      response.fields.push_back({"x-client-request-id", std::string{own}});
    }
    bytes = http::serialize(response, keep_alive, head->method == "HEAD");
  }
  auto written = co_await client->write(bytes);
  co_return written.has_value() && keep_alive;
}

}  // namespace tg::gateway
