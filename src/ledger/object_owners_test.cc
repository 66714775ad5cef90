// SPDX-License-Identifier: Apache-2.0
#include "ledger/object_owners.h"

#include "ledger/object_rows.h"
#include "ledger/test_calls.h"

namespace tg::ledger {
namespace {

class ObjectOwnersTest : public LedgerTest {
 protected:
  static StoredObject object(std::string id, openai::ObjectKind kind = openai::ObjectKind::kFile,
                             std::string_view provider = "prov_1") {
    return {.kind = kind,
            .id = std::move(id),
            .project_id = "proj_1",
            .organization_id = "org_1",
            .key_id = {},
            .provider_id = provider,
            .at = from_unix_ms(1'000)};
  }
  std::vector<std::string> listed(const ObjectQuery& query) {
    std::vector<std::string> ids;
    for (const auto& one : list_objects(*database_, query).value()) ids.push_back(one.id);
    return ids;
  }
  using Ids = std::vector<std::string>;
};

TEST_F(ObjectOwnersTest, WhatIsAdoptedIsFoundAndWhatIsForgottenIsNot) {
  const std::vector objects{object("file-1"), object("pmpt_1", openai::ObjectKind::kPrompt)};
  ASSERT_TRUE(adopt_objects(*database_, objects));
  const Ids ids{"file-1", "pmpt_1"};
  EXPECT_EQ(find_objects(*database_, "proj_1", ids)->size(), 2U);
  EXPECT_TRUE(find_objects(*database_, "proj_2", ids)->empty());
  ASSERT_TRUE(forget_objects(*database_, "proj_1", Ids{"file-1"}));
  EXPECT_EQ(listed({.project_id = "proj_1", .kind = {}, .after = {}}), Ids{"pmpt_1"});
}

TEST_F(ObjectOwnersTest, WhatIsAdoptedAgainIsWhereItIsSaidToBeNow) {
  ASSERT_TRUE(adopt_objects(*database_, std::vector{object("x")}));
  ASSERT_TRUE(
      adopt_objects(*database_, std::vector{object("x", openai::ObjectKind::kBatch, "prov_2")}));
  const auto found = list_objects(*database_, {.project_id = "proj_1", .kind = {}, .after = {}});
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().kind, openai::ObjectKind::kBatch);
  EXPECT_EQ(found->front().provider_id, "prov_2");
}

TEST_F(ObjectOwnersTest, AListHasOneKindAndGoesOnBehindAnId) {
  ASSERT_TRUE(adopt_objects(
      *database_, std::vector{object("a"), object("b", openai::ObjectKind::kBatch), object("c")}));
  EXPECT_EQ(listed({.project_id = "proj_1", .kind = openai::ObjectKind::kFile, .after = {}}),
            (Ids{"a", "c"}));
  EXPECT_EQ(listed({.project_id = "proj_1", .kind = {}, .after = "a", .limit = 1}), Ids{"b"});
  EXPECT_TRUE(listed({.project_id = "proj_2", .kind = {}, .after = {}}).empty());
}

TEST_F(ObjectOwnersTest, NothingIsForgottenWhereOneIsNotThereOrWorkedOn) {
  LedgerBatch batch;
  batch.objects = {object("resp_1", openai::ObjectKind::kResponse), object("file-1")};
  OpenWork work{.admission = test_admission(), .kind = openai::ObjectKind::kResponse};
  work.id = {1, 0, 1};
  work.admission.project_id = "proj_1";
  work.object_id = "resp_1";
  batch.works = {work};
  ASSERT_TRUE(write_ledger(*database_, batch));
  const auto forget = [this](const Ids& ids) {
    return forget_objects(*database_, "proj_1", ids).error().code;
  };
  EXPECT_EQ(forget({"file-1", "file-2"}), Code::kNotFound);
  EXPECT_EQ(forget({"file-1", "resp_1"}), Code::kConflict);
  EXPECT_EQ(listed({.project_id = "proj_1", .kind = {}, .after = {}}).size(), 2U);
}

}  // namespace
}  // namespace tg::ledger
