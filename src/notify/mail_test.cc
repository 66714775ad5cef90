// SPDX-License-Identifier: Apache-2.0
#include "notify/mail.h"

#include <gtest/gtest.h>

namespace tg::notify {
namespace {

constexpr WallTime kNow{std::chrono::milliseconds{1'795'000'000'000}};
const Sender kFrom{.address = "tollgate@example.org", .name = "Tollgate"};

std::string composed(const Mail& mail) {
  const auto bytes = compose(mail, kFrom, "mail_1", kNow);
  return bytes ? *bytes : "refused";
}

TEST(MailTest, PlainMailHasItsHeadersAndItsText) {
  EXPECT_EQ(composed({.to = "ada@example.org", .subject = "Hello: you", .text = "One.\nTwo = 2\n"}),
            "From: Tollgate\r\n <tollgate@example.org>\r\nTo: <ada@example.org>\r\n"
            "Subject: Hello: you\r\nDate: Wed, 18 Nov 2026 11:06:40 +0000\r\n"
            "Message-ID: <mail_1@example.org>\r\nAuto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\nOne.\r\nTwo =3D 2\r\n");
}

TEST(MailTest, HeadersBeyondAsciiAreEncodedWordsOfWholeCharacters) {
  std::string long_name;
  for (int i = 0; i < 30; ++i) long_name += "é";
  const auto bytes =
      composed({.to = "ada@example.org", .to_name = "Ädä", .subject = long_name, .text = "x"});
  EXPECT_NE(bytes.find("To: =?UTF-8?B?w4Rkw6Q=?=\r\n <ada@example.org>"), std::string::npos);
  // 39 bytes would cut the 20th é in two.
  EXPECT_NE(bytes.find("Subject: =?UTF-8?B?w6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOp"
                       "w6nDqcOpw6k=?=\r\n =?UTF-8?B?"),
            std::string::npos)
      << bytes;
}

TEST(MailTest, NothingThatIsGivenCanBecomeAHeader) {
  const std::string nul{"a\0b", 3};
  for (const auto& bad : {std::string{"a\r\nBcc: eve@evil.example"}, std::string{"a\nb"},
                          std::string{"a\rb"}, nul, std::string{"\xff"}}) {
    EXPECT_EQ(composed({.to = "ada@example.org", .to_name = bad, .subject = "s", .text = "t"}),
              "refused");
    EXPECT_EQ(composed({.to = "ada@example.org", .subject = bad, .text = "t"}), "refused");
    EXPECT_EQ(composed({.to = bad + "@example.org", .subject = "s", .text = "t"}), "refused");
    EXPECT_EQ(composed({.to = "ada@example.org" + bad, .subject = "s", .text = "t"}), "refused");
  }
  for (const auto* two : {"ada@example.org,eve@evil.example", "ada@example.org> <eve@evil.example",
                          "ada@example.org eve@evil.example"}) {
    EXPECT_EQ(composed({.to = two, .subject = "s", .text = "t"}), "refused") << two;
  }
  EXPECT_EQ(composed({.to = "a@example.org", .subject = "s", .text = "a\rb"}), "refused");
}

TEST(MailTest, LooksLikeAnEncodedWordOrAddressAndIsNone) {
  const auto bytes = composed({.to = "a@example.org",
                               .to_name = "=?UTF-8?B?eA==?=",
                               .subject = "<eve@evil.example>",
                               .text = "t"});
  EXPECT_EQ(bytes.find("=?UTF-8?B?eA==?="), std::string::npos);
  EXPECT_EQ(bytes.find("<eve@"), std::string::npos);
}

TEST(MailTest, NoLineIsLongerThan76Bytes) {
  const auto bytes = composed(
      {.to = "a@example.org",
       .subject = std::string(200, 'x'),
       .text = std::string(500, '=') + "\n" + std::string(500, 'y') + " \nends with a blank \n"});
  std::size_t start = 0;
  while (start < bytes.size()) {
    const auto end = bytes.find("\r\n", start);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - start, 76) << bytes.substr(start, end - start);
    EXPECT_FALSE(end > start && bytes[end - 1] == ' ');
    start = end + 2;
  }
}

TEST(MailTest, SenderIsAnAddressWithOrWithoutAName) {
  EXPECT_EQ(parse_sender("a@example.org").value().address, "a@example.org");
  const auto named = parse_sender("Our Tollgate <a@example.org>").value();
  EXPECT_EQ(named.name, "Our Tollgate");
  EXPECT_EQ(named.address, "a@example.org");
  for (const auto* bad : {"", "nobody", "A <a@example.org", "A\r\nB <a@example.org>", "<>"}) {
    EXPECT_FALSE(parse_sender(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace tg::notify
