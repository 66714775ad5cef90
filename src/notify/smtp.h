// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/result.h"
#include "notify/mail_settings.h"

// One conversation with the mail server. TLS is required unless the settings say otherwise, and its
// certificate must be valid for the host.
//
// Threading:  any thread that may wait; `stopping` ends a conversation within a second.
// Limits:     10 s to connect, 60 s for all of it.
// Errors:     kUpstreamUnreachable, kUpstreamTimeout, kUpstreamTls, kForbidden (name or password
//             refused), kFieldInvalid (the server will never take this mail: 5xx),
//             kUpstreamProtocol; the text says what to look at.
namespace tg::notify {

struct Envelope {
  std::string recipient;
  std::string message;  // from compose()
};

[[nodiscard]] Result<void> send_mail(const MailSettings& settings, const Envelope& envelope,
                                     const std::atomic<bool>& stopping);
// Connects and signs in, and sends nothing.
[[nodiscard]] Result<void> try_mail_server(const MailSettings& settings);

}  // namespace tg::notify
