// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "base/secret_bytes.h"
#include "config/settings.h"
#include "notify/mail.h"

// The mail server as it was configured, once it makes sense as a whole.
//
// Threading:  immutable.
namespace tg::notify {

struct MailSettings {
  std::string url;
  std::string username;
  SecretBytes password;
  Sender from;
  std::filesystem::path ca_file;
  bool requires_tls = true;
};

// Null: none is configured. One sentence where its parts do not fit; the password comes from
// TOLLGATE_SMTP_PASSWORD or the file.
[[nodiscard]] std::expected<std::shared_ptr<const MailSettings>, std::string> mail_settings_of(
    const config::Settings& settings);

}  // namespace tg::notify
