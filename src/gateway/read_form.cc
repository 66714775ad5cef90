// SPDX-License-Identifier: Apache-2.0
// Step 2 of a call with files: its form is held, whole, before anything is known of it for sure.
#include <memory>

#include "gateway/call.h"
#include "http/multipart.h"
#include "tokens/audio_duration.h"

namespace tg::gateway {
namespace {

// OpenAI takes 25 MB of sound. What is larger is not looked into, and charged by its size at most.
constexpr std::uint64_t kHeardBytesMax = 32 << 20;

// Of a form that is not in memory; the sandbox, which alone needs it there, is no store for files.
constexpr std::uint64_t kSandboxFormBytesMax = 32 << 20;

// Where a recording's container does not say how long it is: no codec that people upload goes below
// 8 kbit/s, so a byte is at most a millisecond.
std::int64_t milliseconds_at_most(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes); }

}  // namespace

net::Task<bool> Call::read_form() {
  const auto boundary = http::boundary_of(head_.fields.find("content-type"));
  if (!boundary) {
    co_return decline(Code::kBodyMalformed,
                      "This endpoint takes multipart/form-data with a boundary; the request's "
                      "Content-Type names none.");
  }
  const auto& options = context_.options;
  if (head_.content_length > options.form_body_bytes_max) {
    co_return decline(Code::kBodyTooLarge);
  }
  form_ =
      std::make_unique<HeldForm>(context_.shared.spill, options.form_memory_bytes_max, *boundary);
  const bool held = co_await hold_form();
  co_return held&& peek_form();
}

net::Task<bool> Call::hold_form() {
  client_.begin_body(head_);
  for (;;) {
    own_time_.pause();
    auto piece = co_await client_.read_piece();
    own_time_.go_on();
    if (!piece) co_return decline(piece.error().code);
    if (piece->empty()) break;
    if (form_->body().size() + piece->size() > context_.options.form_body_bytes_max) {
      co_return decline(Code::kBodyTooLarge);
    }
    if (const auto kept = form_->append(*piece); !kept) co_return decline_form(kept.error());
    if (!client_.hold_body(form_->body().memory().size())) co_return decline(Code::kOverloaded);
  }
  body_read_ = true;
  if (const auto whole = form_->finish(); !whole) co_return decline_form(whole.error());
  co_return true;
}

bool Call::decline_form(Error error) {
  if (error.code == Code::kBodyMalformed) {
    return decline(error.code, "The multipart form is not well-formed.");
  }
  if (error.code == Code::kOverloaded) {
    return decline(error.code,
                   "The server has no room at the moment to hold an upload of this size. Try again "
                   "in a moment.");
  }
  return decline(error.code);
}

bool Call::peek_form() {
  std::int64_t audio_ms = 0;
  std::int64_t audio_bytes = 0;
  std::int64_t images = 0;
  for (const auto& file : form_->files()) {
    if (file.name == "file") {
      const auto sound = sound_in(file);
      if (!sound) return decline_form(sound.error());
      audio_ms += *sound;
      audio_bytes += static_cast<std::int64_t>(file.size);
    } else {
      ++images;
    }
  }
  auto request = openai::peek_form(match_.endpoint, form_->fields());
  if (!request) return decline(request.error().code, request.error().detail);
  request_ = *std::move(request);
  request_.input_milliseconds = audio_ms;
  request_.audio_bytes = audio_bytes;
  request_.images += images;
  return true;
}

Result<std::int64_t> Call::sound_in(const HeldForm::File& file) {
  const auto most = milliseconds_at_most(file.size);
  if (file.size > kHeardBytesMax) return most;
  auto& body = form_->body();
  if (body.in_memory()) {
    const auto bytes = body.memory().substr(file.offset, file.size);
    return tokens::audio_milliseconds(bytes).value_or(most);
  }
  TG_TRY(const auto bytes, body.copy(file.offset, file.size));
  return tokens::audio_milliseconds(bytes).value_or(most);
}

// For the sandbox, which answers by looking at all of it.
Result<std::string_view> Call::whole_form() {
  auto& body = form_->body();
  if (body.in_memory()) return body.memory();
  if (body.size() > kSandboxFormBytesMax) return fail(Code::kBodyTooLarge);
  TG_TRY(form_copy_, body.copy(0, body.size()));
  return std::string_view{form_copy_};
}

}  // namespace tg::gateway
