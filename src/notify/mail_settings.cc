// SPDX-License-Identifier: Apache-2.0
#include "notify/mail_settings.h"

#include <fmt/format.h>

#include <system_error>

#include "base/files.h"

namespace tg::notify {
namespace {

std::expected<SecretBytes, std::string> read_password(const config::Settings& settings) {
  auto given = config::read_secret("TOLLGATE_SMTP_PASSWORD");
  const auto& path = settings.smtp_password_file;
  if (!given || !given->empty() || path.empty()) return given;
  const auto secret = read_secret_file(path);
  if (!secret) {
    return std::unexpected(
        fmt::format("smtp_password_file names {}, which cannot be read: {}.", path.string(),
                    std::generic_category().message(secret.error().system_errno)));
  }
  auto text = secret->reveal();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return SecretBytes{text};
}

}  // namespace

std::expected<std::shared_ptr<const MailSettings>, std::string> mail_settings_of(
    const config::Settings& settings) {
  if (settings.smtp_url.empty()) return nullptr;
  auto mail = std::make_shared<MailSettings>();
  mail->url = settings.smtp_url;
  mail->username = settings.smtp_username;
  mail->ca_file = settings.smtp_ca_file;
  mail->requires_tls = settings.smtp_requires_tls;
  auto from = parse_sender(settings.mail_from);
  if (!from) {
    return std::unexpected(fmt::format("smtp_url is set, and {}.", from.error().detail));
  }
  mail->from = *std::move(from);
  auto password = read_password(settings);
  if (!password) return std::unexpected(std::move(password).error());
  mail->password = *std::move(password);
  if (mail->username.empty() != mail->password.empty()) {
    return std::unexpected(
        std::string{"smtp_username and its password go together; set both, or neither."});
  }
  const bool in_clear = !mail->requires_tls && !mail->url.starts_with("smtps://");
  if (in_clear && !mail->username.empty()) {
    return std::unexpected(
        std::string{"smtp_tls = none would send the mail server's password in clear."});
  }
  return mail;
}

}  // namespace tg::notify
