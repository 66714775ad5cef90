// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "identity/invites.h"
#include "identity/people.h"
#include "notify/mail.h"

// What people are told by mail about getting in. Links begin with the console's own address as it
// was configured; a token stands behind '#', which browsers send to no server.
//
// Threading:  pure.
namespace tg::admin {

// "https://tollgate.example.org/reset-password#token=…"
[[nodiscard]] std::string entry_link(const std::string& console_url, std::string_view page,
                                     std::string_view token);

[[nodiscard]] notify::Mail sign_up_mail(const std::string& email, const std::string& link);
// To whom an account belongs that somebody tried to make again.
[[nodiscard]] notify::Mail account_exists_mail(const identity::User& user,
                                               const std::string& console_url);
[[nodiscard]] notify::Mail reset_mail(const identity::User& user, const std::string& link);
[[nodiscard]] notify::Mail password_changed_mail(const identity::User& user,
                                                 const std::string& console_url);
[[nodiscard]] notify::Mail invite_mail(const identity::Invite& invite,
                                       const std::string& organization_name,
                                       const std::string& link);

}  // namespace tg::admin
