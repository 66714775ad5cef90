// SPDX-License-Identifier: Apache-2.0
#include "identity/pages.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

constexpr int kKeys = 20;

class PagesTest : public TestInstance {
 protected:
  // Three share each instant.
  void make_keys() {
    for (int i = 0; i < kKeys; ++i) {
      keys::Digest digest{};
      digest.front() = static_cast<unsigned char>(i + 1);
      const auto made = create_key(database(),
                                   {.kind = keys::KeyKind::kProject,
                                    .name = "key",
                                    .project_id = owner.default_project_id,
                                    .user_id = owner.id,
                                    .digest = digest,
                                    .redacted = "sk-tg-proj-...0001"},
                                   {}, kStart + std::chrono::seconds{i / 3});
      ASSERT_TRUE(made);
    }
  }

  PageOf<OwnedKey> page(const PageQuery& query) {
    return page_of_project_keys(database(), owner.default_project_id, query).value();
  }

  std::vector<std::string> walk(PageQuery query) {
    std::vector<std::string> ids;
    for (bool more = true; more;) {
      const auto found = page(query);
      EXPECT_TRUE(found.items.size() == query.limit || !found.has_more);
      for (const auto& key : found.items) ids.push_back(key.info.id.text());
      more = found.has_more;
      if (more) query.after = ids.back();
    }
    return ids;
  }

  const User owner = make_owner();
};

TEST_F(PagesTest, OfAnySizeJoinToTheSameOrder) {
  make_keys();
  const auto all = walk({.limit = 100});
  EXPECT_EQ(all.size(), std::size_t{kKeys});
  for (const std::size_t limit : {1, 2, 3, 7, 19, 20, 21}) {
    EXPECT_EQ(walk({.limit = limit}), all) << limit;
  }
  auto newest_first = walk({.limit = 3, .newest_first = true});
  std::ranges::reverse(newest_first);
  EXPECT_EQ(newest_first, all);
}

TEST_F(PagesTest, GoOnBehindAKeyThatWasRevokedMeanwhile) {
  make_keys();
  const auto all = walk({.limit = 100});
  ASSERT_TRUE(revoke_key(database(), KeyId{all[4]}, "", {}));
  const auto next = page({.limit = 2, .after = all[4]});
  EXPECT_EQ(next.items.front().info.id.text(), all[5]);
  EXPECT_EQ(walk({.limit = 100}).size(), std::size_t{kKeys - 1});
}

TEST_F(PagesTest, BehindWhatIsNotInTheListThereIsNone) {
  make_keys();
  EXPECT_EQ(
      code_of(page_of_project_keys(database(), owner.default_project_id, {.after = "key_unknown"})),
      Code::kNotFound);
  EXPECT_EQ(code_of(page_of_admin_keys(database(), owner.organization_id,
                                       {.after = walk({.limit = 100}).front()})),
            Code::kNotFound);
  EXPECT_EQ(code_of(page_of_members(database(), owner.organization_id, {.after = "user-none"})),
            Code::kNotFound);
}

TEST_F(PagesTest, PeopleAreFoundByTheirAddresses) {
  const auto of = [&](const std::optional<std::vector<std::string>>& emails) {
    return page_of_members(database(), owner.organization_id, {.limit = 5}, emails)
        .value()
        .items.size();
  };
  EXPECT_EQ(of(std::nullopt), 1U);
  EXPECT_EQ(of(std::vector<std::string>{"ada@example.org", "eve@example.org"}), 1U);
  EXPECT_EQ(of(std::vector<std::string>{"eve@example.org"}), 0U);
  EXPECT_EQ(of(std::vector<std::string>{}), 0U);
  EXPECT_EQ(page_of_project_members(database(), owner.default_project_id, {})->items.size(), 1U);
}

}  // namespace
}  // namespace tg::identity
