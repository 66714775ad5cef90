// SPDX-License-Identifier: Apache-2.0
// Whose are the objects that a request names? A project reaches its own alone, where they live.
#include <fmt/format.h>

#include <algorithm>

#include "gateway/call.h"
#include "gateway/control_work.h"
#include "http/url.h"

namespace tg::gateway {

// The path's object, what the body names, and where a list goes on.
std::vector<std::string> Call::named_objects() const {
  auto ids = request_.references;
  if (!object_) return ids;
  if (!object_->match.id.empty()) ids.emplace_back(object_->match.id);
  if (object_->match.act == openai::ObjectAct::kList) {
    for (auto& [name, value] : http::parse_query(head_.query)) {
      if (name == "after" || name == "before") ids.push_back(std::move(value));
    }
  }
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  return ids;
}

// Those of the ids that are the project's.
net::Task<Result<std::vector<ledger::OwnedObject>>> Call::find_own(std::vector<std::string> ids) {
  std::move_only_function<Result<std::vector<ledger::OwnedObject>>()> find =
      [objects = context_.shared.objects, project = key_->project->id.text(),
       asked = std::move(ids)] { return objects->find(project, asked); };
  own_time_.pause();
  auto found = co_await on_control_thread(&context_, std::move(find));
  own_time_.go_on();
  co_return found;
}

net::Task<bool> Call::find_named_objects() {
  if (object_ && test()) {
    co_return decline(
        Code::kEndpointClosed,
        "A test key's sandbox keeps nothing, so there is nothing to find in it. Use a "
        "project key.");
  }
  auto ids = named_objects();
  if (ids.empty() || test()) co_return true;
  auto found = co_await find_own(ids);
  if (!found) co_return decline(Code::kOverloaded);
  for (const auto& id : ids) {
    if (std::ranges::find(*found, id, &ledger::OwnedObject::id) == found->end()) {
      co_return no_such_object(id);
    }
  }
  co_return check_found(*found);
}

bool Call::check_found(const std::vector<ledger::OwnedObject>& found) {
  for (const auto& object : found) {
    if (pinned_provider_.empty()) pinned_provider_ = object.provider_id;
    if (object.provider_id != pinned_provider_) {
      return decline(Code::kFieldInvalid,
                     fmt::format("{} and {} live at different providers, so no call can use both.",
                                 found.front().id, object.id));
    }
    if (!object_ || object.id != object_->match.id) continue;
    if (object.kind != object_->match.kind) return no_such_object(object.id);
    if (object.working && object_->match.act == openai::ObjectAct::kRemove) {
      return decline(Code::kConflict,
                     fmt::format("{} is still being worked on, and what that costs is not known "
                                 "yet. Cancel it, and delete it once it has ended.",
                                 object.id));
    }
  }
  return true;
}

// To whoever does not own it, it does not exist.
bool Call::no_such_object(std::string_view id) {
  const auto shown = id.substr(0, 64);
  if (object_ && object_->match.id == id) {
    return decline(Code::kNotFound,
                   fmt::format("No such {}: {}", openai::name(object_->match.kind), shown), "id");
  }
  return decline(
      Code::kNotFound,
      fmt::format("Your request names {}, which does not exist in this project. (What was made "
                  "without this Tollgate, or by an answer that was not stored, is not known here.)",
                  shown));
}

}  // namespace tg::gateway
