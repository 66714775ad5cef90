// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

// A plain-text mail, and its bytes on the wire (RFC 5322): headers beyond ASCII as encoded words
// (RFC 2047), the text as quoted-printable UTF-8, lines of at most 76 bytes.
//
// Threading:  pure.
// Limits:     subject 256 bytes, text 64 KiB.
// Errors:     kFieldInvalid for an address that is none, control characters outside of the text's
//             line breaks, or what is not UTF-8: nothing that is given can become a header.
namespace tg::notify {

struct Mail {
  std::string to;         // an address
  std::string to_name{};  // of the person; may be empty
  std::string subject;
  std::string text;
};

struct Sender {
  std::string address;
  std::string name;
};
// "tollgate@example.org" or "Tollgate <tollgate@example.org>".
[[nodiscard]] Result<Sender> parse_sender(std::string_view text);

[[nodiscard]] Result<void> check_mail(const Mail& mail);

// Anyone may name an organization, and mails carry the name to strangers: `otherwise` in the place
// of one that is an advertisement with a link, or long.
[[nodiscard]] std::string name_in_mail(const std::string& name, const std::string& otherwise);

// `id` makes the Message-ID, so that a mail that is sent twice is seen once.
[[nodiscard]] Result<std::string> compose(const Mail& mail, const Sender& from, std::string_view id,
                                          WallTime now);

}  // namespace tg::notify
