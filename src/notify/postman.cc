// SPDX-License-Identifier: Apache-2.0
#include "notify/postman.h"

#include <algorithm>

#include "base/log.h"
#include "notify/outbox.h"
#include "notify/smtp.h"

namespace tg::notify {
namespace {

constexpr std::chrono::milliseconds kPauseMax{30'000};

}  // namespace

Postman::Postman(store::Database& database, const SecretBytes& master_key,
                 std::shared_ptr<const MailSettings> settings)
    : database_{database},
      master_key_{master_key},
      settings_{std::move(settings)},
      thread_{[this] { run(); }} {}

Postman::~Postman() {
  stopping_ = true;
  wake();
  thread_.join();
}

void Postman::wake() {
  {
    const std::scoped_lock lock{mutex_};
    woken_ = true;
  }
  changed_.notify_one();
}

void Postman::run() {
  while (!stopping_) {
    if (!send_next()) wait_for_next();
  }
}

// False when there was nothing to do, or nothing could be done.
bool Postman::send_next() {
  const auto due = next_mail(database_, master_key_);
  if (!due || !*due) return false;
  const auto& queued = **due;
  auto message = compose(queued.mail, settings_->from, queued.id, queued.created_at);
  const auto sent =
      message ? send_mail(*settings_, {.recipient = queued.mail.to, .message = *message}, stopping_)
              : Result<void>{std::unexpected(message.error())};
  if (message) wipe(*message);
  if (sent) {
    log(LogLevel::kInfo, "mail sent", {{"mail_id", queued.id}});
    return remove_sent_mail(database_, queued.id).has_value();
  }
  if (stopping_) return false;
  log(LogLevel::kWarning, "mail not sent",
      {{"mail_id", queued.id}, {"reason", sent.error().detail}});
  return note_failed_mail(database_, queued, sent.error()).has_value();
}

void Postman::wait_for_next() {
  auto pause = kPauseMax;
  if (const auto next = next_mail_time(database_); next && *next) {
    // Not at once where a mail is due that has just failed to be read or written.
    pause = std::clamp<std::chrono::milliseconds>(**next - wall_now(),
                                                  std::chrono::milliseconds{100}, kPauseMax);
  }
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, pause, [this] { return woken_ || stopping_; });
  woken_ = false;
}

}  // namespace tg::notify
