// SPDX-License-Identifier: Apache-2.0
#include <soci/soci.h>

#include "admin/test_instance.h"

namespace tg::admin {
namespace {

using LedgerOperationsTest = TestInstance;

TEST_F(LedgerOperationsTest, ARunningServerVerifiesItself) {
  live_.verified = {.journal_records = 1,
                    .awaiting = 2,
                    .events = 3,
                    .rollups = 4,
                    .slices = 5,
                    .limits = 6,
                    .difference = std::nullopt};
  EXPECT_EQ(run("verify_ledger").value().dump(),
            R"({"agree":true,"difference":null,"checked":{"journal_records":1,)"
            R"("awaiting_transfer":2,"events":3,"rollups":4,"slices":5,"limits":6}})");
}

TEST_F(LedgerOperationsTest, TheFirstDifferenceIsTold) {
  live_.verified.difference = {.what = "charge of call_1-0-42", .expected = "600", .found = "601"};
  const auto told = run("verify_ledger").value();
  EXPECT_EQ(told["agree"], false);
  EXPECT_EQ(told["difference"].dump(),
            R"({"what":"charge of call_1-0-42","expected":"600","found":"601"})");
}

TEST_F(LedgerOperationsTest, ADatabaseThatIsAwayIsAnErrorAndNoDifference) {
  live_.is_database_away = true;
  EXPECT_EQ(run("verify_ledger").error().code, Code::kDatabase);
}

TEST_F(LedgerOperationsTest, AStoppedFolderIsVerifiedAsItLies) {
  Operations stopped{*database_, *folder_, nullptr, {}};
  const auto verify = [&] {
    return stopped.run("verify_ledger", Json::object(), command_line_caller()).value();
  };
  EXPECT_EQ(verify()["agree"], true);
  ASSERT_TRUE(database_->write([](soci::session& session) -> Result<void> {
    session << "INSERT INTO spend_slices VALUES (0, 'key_1', '', 0, 5, 1, 1)";
    return {};
  }));
  EXPECT_EQ(verify()["difference"]["what"],
            "spend_slices row key/key_1/-/1970-01-01T00:00:00.000Z");
}

TEST_F(LedgerOperationsTest, OnlyTheOperatorMayVerify) {
  auto member = command_line_caller();
  member.is_operator = false;
  EXPECT_EQ(operations_->run("verify_ledger", Json::object(), member).error().code,
            Code::kForbidden);
}

}  // namespace
}  // namespace tg::admin
