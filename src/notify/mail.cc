// SPDX-License-Identifier: Apache-2.0
#include "notify/mail.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "identity/people.h"
#include "identity/text_rules.h"

namespace tg::notify {
namespace {

constexpr std::size_t kHeaderBytesMax = 256;
constexpr std::size_t kTextBytesMax = 64 << 10;
constexpr std::size_t kLineBytesMax = 76;
// 39 bytes are 52 characters of base64: with an encoded word's frame and "Subject: ", one line.
constexpr std::size_t kWordBytesMax = 39;

bool is_header_text(std::string_view text) {
  return text.size() <= kHeaderBytesMax && identity::count_plain_characters(text).has_value();
}

bool is_body_text(std::string_view text) {
  if (text.size() > kTextBytesMax) return false;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (!identity::count_plain_characters(line)) return false;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return true;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// RFC 2047: words that each hold whole characters, folded one a line.
std::string encoded_words(std::string_view text) {
  std::string encoded;
  while (!text.empty()) {
    auto size = std::min(text.size(), kWordBytesMax);
    while (size < text.size() && continues_character(text[size])) --size;
    encoded += fmt::format("{}=?UTF-8?B?{}?=", encoded.empty() ? "" : "\r\n ",
                           to_base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return encoded;
}

// Letters, digits, blanks and what has no meaning in a header; one line's worth.
bool is_simple(std::string_view text) {
  constexpr std::string_view kMarks{" !#$%&'*+-/^_`{|}~.:"};
  return text.size() <= kLineBytesMax - 16 && !text.contains("=?") &&
         std::ranges::all_of(text, [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  kMarks.contains(c);
         });
}

std::string header_text(std::string_view text) {
  return is_simple(text) ? std::string{text} : encoded_words(text);
}

// A name before an address: a point or a colon in it would have to be quoted.
std::string mailbox(std::string_view name, std::string_view address) {
  if (name.empty()) return fmt::format("<{}>", address);
  const bool simple = is_simple(name) && name.find_first_of(".:") == std::string_view::npos;
  return fmt::format("{}\r\n <{}>", simple ? std::string{name} : encoded_words(name), address);
}

std::string quoted_printable_line(std::string_view line) {
  std::string encoded;
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto c = static_cast<unsigned char>(line[i]);
    // A blank at a line's end would be lost on the way. (Points are libcurl's.)
    const bool plain = c > ' ' && c < 0x7F && c != '=';
    const bool inner_blank = c == ' ' && i + 1 < line.size();
    const auto piece =
        plain || inner_blank ? std::string(1, line[i]) : fmt::format("={:02X}", unsigned{c});
    if (column + piece.size() >= kLineBytesMax) {
      encoded += "=\r\n";
      column = 0;
    }
    encoded += piece;
    column += piece.size();
  }
  return encoded;
}

std::string quoted_printable(std::string_view text) {
  std::string encoded;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    encoded += quoted_printable_line(line) + "\r\n";
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return encoded;
}

}  // namespace

Result<Sender> parse_sender(std::string_view text) {
  Sender sender;
  const auto open = text.find('<');
  if (open == std::string_view::npos) {
    sender.address = text;
  } else {
    auto name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    sender.name = name;
    auto rest = text.substr(open + 1);
    if (!rest.ends_with('>')) return fail(Code::kConfiguration, "mail_from misses its '>'");
    rest.remove_suffix(1);
    sender.address = rest;
  }
  if (!identity::fold_email(sender.address) || !is_header_text(sender.name)) {
    return fail(Code::kConfiguration,
                "mail_from is no address; write it as Tollgate <tollgate@example.org>");
  }
  return sender;
}

std::string name_in_mail(const std::string& name, const std::string& otherwise) {
  constexpr std::size_t kBytesMax = 64;
  const bool is_tempting = name.size() > kBytesMax || name.contains("://") || name.contains("www.");
  return is_tempting ? otherwise : name;
}

Result<void> check_mail(const Mail& mail) {
  if (!identity::fold_email(mail.to)) {
    return fail(Code::kFieldInvalid, "this is not an e-mail address");
  }
  if (!is_header_text(mail.to_name) || !is_header_text(mail.subject) || !is_body_text(mail.text)) {
    return fail(Code::kFieldInvalid, "a mail's name, subject and text must be plain UTF-8");
  }
  return {};
}

Result<std::string> compose(const Mail& mail, const Sender& from, std::string_view id,
                            WallTime now) {
  TG_TRY_DONE(check_mail(mail));
  const auto domain = from.address.substr(from.address.find('@') + 1);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  return fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} +0000\r\n"
      "Message-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
      "\r\n{}",
      mailbox(from.name, from.address), mailbox(mail.to_name, mail.to), header_text(mail.subject),
      fmt::gmtime(seconds), id, domain, quoted_printable(mail.text));
}

}  // namespace tg::notify
