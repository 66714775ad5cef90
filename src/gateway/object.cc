// SPDX-License-Identifier: Apache-2.0
// A call to an object that lives upstream: passed on to the provider that has it, and read along
// for what it makes and removes.
#include <fmt/format.h>

#include "base/log.h"
#include "gateway/call.h"
#include "http/write.h"
#include "openai/error_table.h"

namespace tg::gateway {
namespace {

bool is_json(std::string_view content_type) {
  return http::starts_with_ignore_case(content_type, "application/json");
}

}  // namespace

net::Task<bool> Call::read_object_request() {
  const auto& options = context_.options;
  const auto content_type = head_.fields.find("content-type");
  if (http::starts_with_ignore_case(content_type, "multipart/")) {
    // Nothing in it needs to be known, so it goes up as it comes.
    object_->upload = std::make_unique<ClientBody>(client_, head_, options.form_body_bytes_max);
    co_return !object_->upload->too_large() || decline(Code::kBodyTooLarge);
  }
  own_time_.pause();
  auto body = co_await client_.read_body(&head_, options.json_body_bytes_max);
  own_time_.go_on();
  if (!body) co_return decline(body.error().code);
  body_read_ = true;
  body_ = *body;
  request_.input_bytes = static_cast<std::int64_t>(body_.size());
  if (body_.empty()) co_return true;
  auto references = openai::references_of(body_);
  if (!references) {
    co_return decline(references.error().code, references.error().detail);
  }
  request_.references = *std::move(references);
  co_return true;
}

// Where its object is, else where new ones are kept: what belongs together is made at one place.
bool Call::choose_provider() {
  auto provider = pinned_provider_.empty() ? nullptr : snapshot_->find_provider(pinned_provider_);
  if (!pinned_provider_.empty() && !provider) {
    return decline(Code::kNotFound,
                   "The provider that had this was removed; ask the operator of this Tollgate.");
  }
  if (!provider && object_->opened != nullptr) provider = object_->opened->provider;
  if (!provider && snapshot_->providers.empty()) {
    return decline(Code::kNoProvider,
                   "There is no provider yet that could keep this. The operator adds one with "
                   "`tollgate providers add`.");
  }
  if (!provider) provider = snapshot_->providers.front();
  object_->target.provider = std::move(provider);
  targets_ = {&object_->target, 1};
  return true;
}

net::Task<bool> Call::relay_object(AnswerHead answer) {
  if (answer.status < 200 || answer.status >= 300) {
    const bool gone = answer.status == 404 && object_->match.act == openai::ObjectAct::kRemove;
    if (gone) note(object_->match.kind, object_->match.id, true);
    co_return co_await relay_error(answer);
  }
  if (reads_response()) answer_.keeps = openai::Kept::kAll;  // a stream that is read again
  const bool known = object_->opened == nullptr || object_->match.act == openai::ObjectAct::kMake;
  if (!known) co_return co_await relay_bytes(answer);
  if (http::starts_with_ignore_case(answer.content_type, "text/event-stream")) {
    co_return co_await relay_events(answer);
  }
  // A file's content is what somebody has put there, JSON too.
  if (!is_json(answer.content_type) || head_.path.ends_with("/content")) {
    co_return co_await relay_bytes(answer);
  }
  auto whole = co_await read_whole(context_.options.answer_bytes_max);
  if (!whole) co_return co_await broken(whole.error());
  const auto facts = openai::read_object(answer_body_);
  if (!facts) co_return co_await broken({Code::kUpstreamProtocol, "the answer is not JSON"});
  learn(*facts);
  if (reads_response()) answer_.parts = openai::parts_of_response(answer_body_);
  note_parts();
  settle(ledger::Outcome::kCompleted, answer.status);
  if (stopped()) co_return false;
  co_return co_await write_whole(answer);
}

void Call::learn(const openai::ObjectFacts& facts) {
  using enum openai::ObjectKind;
  const auto& match = object_->match;
  if (match.act == openai::ObjectAct::kMake) note(match.kind, facts.id);
  if (match.act == openai::ObjectAct::kRemove) note(match.kind, match.id, true);
  const bool leads_to_files = match.kind == kBatch || match.kind == kFineTuningJob ||
                              match.act == openai::ObjectAct::kComplete;
  if (leads_to_files) {
    for (const auto& file : facts.files) note(kFile, file);
  }
  if (!makes_work()) return;
  answer_.id = facts.id;
  answer_.goes_on = true;
}

void Call::note(openai::ObjectKind kind, std::string_view id, bool removed) {
  if (id.empty()) return;
  auto object = owned(kind, id);
  object.removed = removed;
  account_.note(object);
}

ledger::StoredObject Call::owned(openai::ObjectKind kind, std::string_view id) const {
  return {.kind = kind,
          .id = std::string{id},
          .project_id = key_->project->id.text(),
          .organization_id = key_->organization->id.text(),
          .key_id = key_->id,
          .provider_id = target_->provider->id.text(),
          .at = wall_now()};
}

// An answer that the upstream keeps: before the client learns its name, we know whose it is.
void Call::note_answer() {
  if (answer_noted_) return;
  answer_noted_ = true;
  note(match_.endpoint == openai::Endpoint::kResponses ? openai::ObjectKind::kResponse
                                                       : openai::ObjectKind::kChatCompletion,
       answer_.id);
}

// Too many for what is set aside at an admission, so they may find no space; then a request that
// names them is refused.
void Call::note_parts() {
  if (answer_.parts.empty() || test()) return;
  for (const auto& part : answer_.parts) {
    if (context_.journal->add_object(owned(part.kind, part.id))) continue;
    log(LogLevel::kError, "what an answer consists of cannot be kept for its project",
        {{"call", id_text_}, {"item", part.id}});
  }
  answer_.parts.clear();
}

openai::Kept Call::kept_parts() const noexcept {
  using enum openai::Kept;
  if (test()) return kNothing;
  if (match_.endpoint == openai::Endpoint::kResponses) return keeps_answer() ? kAll : kUnseen;
  return match_.endpoint == openai::Endpoint::kChatCompletions ? kUnseen : kNothing;
}

bool Call::keeps_answer() const noexcept {
  if (test()) return false;
  if (match_.endpoint == openai::Endpoint::kChatCompletions) return request_.store.value_or(false);
  return match_.endpoint == openai::Endpoint::kResponses &&
         (request_.store.value_or(true) || request_.background);
}

}  // namespace tg::gateway
