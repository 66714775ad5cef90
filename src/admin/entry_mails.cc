// SPDX-License-Identifier: Apache-2.0
#include "admin/entry_mails.h"

#include <fmt/format.h>

#include "http/url.h"

namespace tg::admin {

std::string entry_link(const std::string& console_url, std::string_view page,
                       std::string_view token) {
  return fmt::format("{}/{}#token={}", console_url, page, http::percent_encode(token));
}

notify::Mail sign_up_mail(const std::string& email, const std::string& link) {
  return {.to = email,
          .subject = "Your Tollgate account",
          .text = fmt::format(
              "Hello,\n\nthis address was used to sign up to Tollgate. To confirm it and choose a "
              "password, open:\n\n{}\n\nThe link works once, for 24 hours. If it was not you, do "
              "nothing: there will be no account.\n",
              link)};
}

notify::Mail account_exists_mail(const identity::User& user, const std::string& console_url) {
  return {.to = user.email,
          .to_name = user.name,
          .subject = "You already have a Tollgate account",
          .text = fmt::format(
              "Hello {},\n\nsomebody, perhaps you, tried to sign up to Tollgate with this address. "
              "It has an account already; nothing was changed.\n\nSign in: {}/sign-in\nForgot the "
              "password: {}/forgot-password\n",
              user.name, console_url, console_url)};
}

notify::Mail reset_mail(const identity::User& user, const std::string& link) {
  return {.to = user.email,
          .to_name = user.name,
          .subject = "A new password for Tollgate",
          .text = fmt::format(
              "Hello {},\n\nsomebody, perhaps you, asked for a new password. To choose it, "
              "open:\n\n{}\n\nThe link works once, for one hour, and signs you out everywhere. If "
              "it was not you, do nothing: the password stays as it is.\n",
              user.name, link)};
}

notify::Mail password_changed_mail(const identity::User& user, const std::string& console_url) {
  return {.to = user.email,
          .to_name = user.name,
          .subject = "Your Tollgate password was changed",
          .text = fmt::format(
              "Hello {},\n\nthe password of your Tollgate account was changed just now, and all "
              "other sessions were ended.\n\nIf it was not you, choose a new one at once: "
              "{}/forgot-password\n",
              user.name, console_url)};
}

notify::Mail invite_mail(const identity::Invite& invite, const std::string& organization_name,
                         const std::string& link) {
  const auto shown = notify::name_in_mail(organization_name, "an organization");
  return {.to = invite.email,
          .subject = fmt::format("Invitation to {} on Tollgate", shown),
          .text = fmt::format(
              "Hello,\n\nyou are invited to join {} on Tollgate. To accept, open:\n\n{}\n\nThe "
              "link works once, for 7 days. If you do not know what this is about, ignore it.\n",
              shown, link)};
}

}  // namespace tg::admin
