// SPDX-License-Identifier: Apache-2.0
#include "keys/key_format.h"

#include <gtest/gtest.h>

#include <string>

#include "keys/derived_key.h"

namespace tg::keys {
namespace {

constexpr KeyKind kAllKinds[] = {KeyKind::kProject, KeyKind::kServiceAccount, KeyKind::kAdmin,
                                 KeyKind::kTest};

TEST(KeyFormat, MadeKeyIsReadBackAsItsKind) {
  for (const auto kind : kAllKinds) {
    const auto key = make_key(kind);
    EXPECT_EQ(parse_key(key.reveal()), kind);
    EXPECT_EQ(parse_kind(name(kind)), kind);
  }
}

TEST(KeyFormat, ADerivedKeyIsAKeyAndTheSameForTheSameBits) {
  KeyBits bits{};
  const std::string zero{derive_key(KeyKind::kServiceAccount, bits).reveal()};
  EXPECT_EQ(parse_key(zero), KeyKind::kServiceAccount);
  EXPECT_EQ(zero.substr(0, 10 + 43), "sk-tg-svc-" + std::string(43, '0'));
  bits.fill(0xff);
  const std::string most{derive_key(KeyKind::kServiceAccount, bits).reveal()};
  EXPECT_EQ(parse_key(most), KeyKind::kServiceAccount);
  EXPECT_EQ(derive_key(KeyKind::kServiceAccount, bits).reveal(), most);
  // 2^256 - 1 less one: only the last character is another.
  bits.back() = 0xfe;
  const std::string less{derive_key(KeyKind::kServiceAccount, bits).reveal()};
  EXPECT_EQ(less.substr(0, 52), most.substr(0, 52));
  EXPECT_NE(less[52], most[52]);
}

TEST(KeyFormat, AnyChangedCharacterBreaksTheChecksum) {
  const auto key = make_key(KeyKind::kProject);
  for (std::size_t at = 0; at < key.size(); ++at) {
    std::string changed{key.reveal()};
    changed[at] = changed[at] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse_key(changed)) << at;
  }
}

TEST(KeyFormat, RefusesWhatIsNotAKey) {
  const auto key = make_key(KeyKind::kTest);
  const std::string text{key.reveal()};
  for (const auto& wrong :
       {std::string{}, std::string{"sk-tg-"}, std::string{"sk-proj-abc"}, text + "0",
        text.substr(1), " " + text, text + "\n", text.substr(0, text.size() - 1)}) {
    EXPECT_FALSE(parse_key(wrong)) << wrong.size();
  }
}

TEST(KeyFormat, RedactedFormShowsKindAndLastFour) {
  const auto key = make_key(KeyKind::kServiceAccount);
  const auto tail = std::string{key.reveal().substr(key.size() - 4)};
  EXPECT_EQ(redact_key(key.reveal()), "sk-tg-svc-..." + tail);
  EXPECT_EQ(redact_key("my password"), "sk-...");
}

}  // namespace
}  // namespace tg::keys
