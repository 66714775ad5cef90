// SPDX-License-Identifier: Apache-2.0
#include "identity/usage_views.h"

#include <atomic>

#include "identity/test_instance.h"

namespace tg::identity {
namespace {

class UsageViewsTest : public TestInstance {
 protected:
  void view(const std::string& viewer, const std::map<std::string, std::string>& persons,
            WallTime now = kStart) {
    ASSERT_TRUE(note_usage_view(database(), {.viewer_id = viewer, .persons = persons},
                                {.kind = ActorKind::kUser, .id = viewer}, now)
                    .has_value());
  }
  long long entries() { return count("SELECT count(*) FROM audit_log"); }
};

TEST_F(UsageViewsTest, TheFirstInADayIsWrittenAndNoMore) {
  view("user-1", {{"user-2", "org-1"}});
  const auto record = list_audit(database()).value().front();
  EXPECT_EQ(record.entry.action, "tollgate.usage.viewed");
  EXPECT_EQ(record.entry.target, "user-2");
  EXPECT_EQ(record.chain, "org-1");
  EXPECT_EQ(record.actor.id, "user-1");
  view("user-1", {{"user-2", "org-1"}}, kStart + std::chrono::hours{1});
  EXPECT_EQ(entries(), 1);
  view("user-1", {{"user-2", "org-1"}, {"user-3", "org-1"}});
  EXPECT_EQ(entries(), 2) << "another person";
  view("user-4", {{"user-2", "org-1"}});
  EXPECT_EQ(entries(), 3) << "another viewer";
  view("user-1", {{"user-2", "org-1"}}, kStart + std::chrono::days{1});
  EXPECT_EQ(entries(), 4) << "another day";
}

TEST_F(UsageViewsTest, OnesOwnUsageLeavesNothing) {
  view("user-1", {{"user-1", "org-1"}});
  view("user-1", {});
  EXPECT_EQ(entries(), 0);
}

TEST_F(UsageViewsTest, OfParallelViewsOneIsWritten) {
  in_parallel(8, [&](int) { view("user-1", {{"user-2", "org-1"}}); });
  EXPECT_EQ(entries(), 1);
}

}  // namespace
}  // namespace tg::identity
