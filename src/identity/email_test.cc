// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "identity/people.h"

namespace tg::identity {
namespace {

TEST(EmailTest, FoldsCaseAndTheDomainsLastDot) {
  EXPECT_EQ(fold_email("Ada@Example.ORG"), "ada@example.org");
  EXPECT_EQ(fold_email("ada@example.org."), "ada@example.org");
  EXPECT_EQ(fold_email("o'brien+tag@sub-domain.example.co.uk"),
            "o'brien+tag@sub-domain.example.co.uk");
  EXPECT_EQ(fold_email("root@localhost"), "root@localhost");
}

TEST(EmailTest, DifferentMailboxesStayDifferent) {
  EXPECT_NE(fold_email("a.da@example.org"), fold_email("ada@example.org"));
  EXPECT_NE(fold_email("ada+x@example.org"), fold_email("ada@example.org"));
}

TEST(EmailTest, FoldingAFoldedOneChangesNothing) {
  const auto once = fold_email("ADA@EXAMPLE.org.");
  ASSERT_TRUE(once.has_value());
  EXPECT_EQ(fold_email(*once), once);
}

TEST(EmailTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           "@",
                           "ada",
                           "ada@",
                           "@example.org",
                           "a@b@example.org",
                           "a da@example.org",
                           "ada@exam ple.org",
                           " ada@example.org",
                           "ada@example.org ",
                           "\"a\"@example.org",
                           "a,b@example.org",
                           "ada@example..org",
                           "ada@.example.org",
                           "ada@example.org..",
                           "ada@.",
                           ".ada@example.org",
                           "ada.@example.org",
                           "a..da@example.org",
                           "ada@-example.org",
                           "ada@example-.org",
                           "ada@exa_mple.org",
                           "<ada@example.org>",
                           "ada@[127.0.0.1]",
                           "ada@example.org\n",
                           "ada\r@example.org",
                           "a(b)@example.org",
                           "a\\b@example.org"}) {
    EXPECT_FALSE(fold_email(text).has_value()) << text;
  }
}

TEST(EmailTest, RefusesOtherScriptsAndControlCharacters) {
  EXPECT_FALSE(fold_email("zoë@example.org").has_value());
  EXPECT_FALSE(fold_email("ada@exаmple.org").has_value()) << "the a is Cyrillic";
  EXPECT_FALSE(fold_email("\xC4\xB0@example.org").has_value()) << "İ folds to i";
  EXPECT_FALSE(fold_email(std::string_view{"ada\0@example.org", 16}).has_value());
  EXPECT_FALSE(fold_email("ada\x7F@example.org").has_value());
}

TEST(EmailTest, BoundsEveryLength) {
  const std::string local(64, 'a');
  const std::string label(63, 'b');
  EXPECT_TRUE(fold_email(local + "@" + label + ".org").has_value());
  EXPECT_FALSE(fold_email(local + "a@" + label + ".org").has_value());
  EXPECT_FALSE(fold_email(local + "@" + label + "b.org").has_value());
  const auto domain = label + "." + label + "." + std::string(61, 'c');  // 189 bytes
  EXPECT_TRUE(fold_email(local + "@" + domain).has_value()) << "254 bytes";
  EXPECT_FALSE(fold_email(local + "@" + domain + "c").has_value()) << "255 bytes";
}

}  // namespace
}  // namespace tg::identity
