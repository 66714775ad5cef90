// SPDX-License-Identifier: Apache-2.0
#include "ledger/object_rows.h"

#include "ledger/test_calls.h"
#include "ledger/transfer.h"
#include "ledger/transfer_pass.h"

namespace tg::ledger {
namespace {

using openai::ObjectKind;

StoredObject test_object(std::string id, ObjectKind kind = ObjectKind::kFile) {
  return {.kind = kind,
          .id = std::move(id),
          .project_id = "proj_1",
          .organization_id = "org_1",
          .key_id = "key_1",
          .provider_id = "prov_1",
          .at = from_unix_ms(kNoon2026Nov24Ms)};
}

OpenWork test_work(const EventId& id) {
  auto admission = test_admission(7);
  admission.project_id = "proj_1";
  return {.id = id,
          .admission = admission,
          .kind = ObjectKind::kBatch,
          .object_id = "batch_1",
          .provider_id = "prov_2",
          .tier = "batch",
          .held_input_tokens = 1'234,
          .held_output_tokens = 5'678};
}

class ObjectRowsTest : public LedgerTest {
 protected:
  void transfer(std::uint32_t epoch) {
    TransferPass pass{*database_, journal_folder(), epoch, 1, real_disk()};
    for (;;) {
      const auto step = pass.step();
      ASSERT_TRUE(step);
      if (*step == TransferPass::Step::kNothing) return;
    }
  }
  std::vector<OwnedObject> find(std::string_view project, std::vector<std::string> ids) {
    auto found = find_objects(*database_, project, ids);
    EXPECT_TRUE(found);
    return *std::move(found);
  }
  std::vector<OpenWork> works() {
    auto works = list_open_work(*database_);
    EXPECT_TRUE(works);
    return *std::move(works);
  }
};

TEST_F(ObjectRowsTest, AnObjectIsItsProjectsAloneUntilItIsRemoved) {
  auto of_another = test_object("file-1");
  of_another.project_id = "proj_2";
  of_another.provider_id = "prov_9";
  ASSERT_TRUE(write_ledger(*database_,
                           {.objects = {test_object("file-1"), test_object("file-2"), of_another,
                                        test_object("resp_1", ObjectKind::kResponse)}}));
  const auto found = find("proj_1", {"file-2", "file-1", "file-1", "file-none"});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "file-2");
  EXPECT_EQ(found[1].provider_id, "prov_1");
  EXPECT_EQ(found[1].kind, ObjectKind::kFile);
  EXPECT_EQ(find("proj_2", {"file-1"}).front().provider_id, "prov_9");
  EXPECT_TRUE(find("proj_3", {"file-1"}).empty());
  EXPECT_EQ(providers_with(*database_, "proj_1", ObjectKind::kFile).value(),
            std::vector<std::string>{"prov_1"});
  EXPECT_TRUE(providers_with(*database_, "proj_1", ObjectKind::kBatch)->empty());

  auto removed = test_object("file-1");
  removed.removed = true;
  ASSERT_TRUE(write_ledger(*database_, {.objects = {removed, test_object("file-3")}}));
  EXPECT_TRUE(find("proj_1", {"file-1"}).empty());
  EXPECT_EQ(find("proj_1", {"file-2", "file-3"}).size(), 2U);
  EXPECT_EQ(find("proj_2", {"file-1"}).size(), 1U);
}

TEST_F(ObjectRowsTest, WhoSaysAnIdAgainTakesNobodysObject) {
  ASSERT_TRUE(write_ledger(*database_, {.objects = {test_object("file-1")}}));
  auto again = test_object("file-1");
  again.provider_id = "prov_evil";
  ASSERT_TRUE(write_ledger(*database_, {.objects = {again}}));
  EXPECT_EQ(find("proj_1", {"file-1"}).front().provider_id, "prov_1");
}

TEST_F(ObjectRowsTest, WorkKeepsWhatItsOrganizationPays) {
  auto work = test_work({.epoch = 1, .worker = 0, .sequence = 3});
  work.admission = with_own_charge(work.admission);
  ASSERT_TRUE(write_ledger(*database_, {.works = {work}}));
  ASSERT_EQ(works().size(), 1U);
  expect_same(works().front().admission, work.admission);
}

TEST_F(ObjectRowsTest, WorkGoesOnFromTheJournalAndEndsWithItsLateSettlement) {
  auto journal = open_journal(1);
  const auto id = journal->admit(test_admission(7)).value();
  journal->sent(id);
  journal->note(id, test_object("batch_1", ObjectKind::kBatch));
  journal->go_on(test_work(id));
  transfer(1);
  EXPECT_EQ(events(), 0);
  EXPECT_TRUE(find("proj_1", {"batch_1"}).front().working);
  ASSERT_EQ(works().size(), 1U);
  const auto work = works().front();
  EXPECT_EQ(work.id, id);
  expect_same(work.admission, test_work(id).admission);
  EXPECT_EQ(work.kind, ObjectKind::kBatch);
  EXPECT_EQ(work.object_id, "batch_1");
  EXPECT_EQ(work.provider_id, "prov_2");
  EXPECT_EQ(work.tier, "batch");
  EXPECT_EQ(work.held_input_tokens, 1'234);
  EXPECT_EQ(work.held_output_tokens, 5'678);

  // Another journal, of a later epoch, has its end.
  journal.reset();
  auto later = open_journal(2);
  const UsageEvent event{.id = id, .admission = work.admission, .settlement = test_settlement(7)};
  ASSERT_TRUE(later->settle_late(event));
  transfer(2);
  EXPECT_TRUE(works().empty());
  EXPECT_FALSE(find("proj_1", {"batch_1"}).front().working);
  EXPECT_EQ(events(), 1);
  EXPECT_EQ(charged(), event.settlement.charge.count());
  EXPECT_EQ(number_from("SELECT epoch FROM usage_events"), 1);
  expect_sums_agree();
}

TEST_F(ObjectRowsTest, ARecoveryChargesNoWorkThatGoesOnAndRepeatsNothing) {
  {
    auto journal = open_journal(1);
    const auto goes_on = journal->admit(test_admission(7)).value();
    journal->sent(goes_on);
    journal->note(goes_on, test_object("batch_1", ObjectKind::kBatch));
    journal->go_on(test_work(goes_on));
    const auto ended = journal->admit(test_admission(8)).value();
    journal->sent(ended);
    auto work = test_work(ended);
    work.object_id = "batch_2";
    journal->go_on(work);
    ASSERT_TRUE(journal->settle_late(
        {.id = ended, .admission = work.admission, .settlement = test_settlement(8)}));
  }
  for (int time = 0; time < 2; ++time) {
    std::filesystem::copy(journal_folder(), folder_.path() / "kept",
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
    const auto recovered = recover_journals(*database_, journal_folder());
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->interrupted_calls, 0);
    EXPECT_EQ(recovered->damaged_records, 0);
    EXPECT_EQ(recovered->settled_calls, 1);
    ASSERT_EQ(works().size(), 1U);
    EXPECT_EQ(works().front().object_id, "batch_1");
    EXPECT_EQ(events(), 1);
    expect_sums_agree();
    // As if it had been killed before it removed what it had read.
    std::filesystem::copy(folder_.path() / "kept", journal_folder(),
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
  }
}

TEST_F(ObjectRowsTest, ACallNotesFourObjectsAndNoMore) {
  auto journal = open_journal(1);
  const auto id = journal->admit(test_admission(1)).value();
  for (int number = 0; number < 6; ++number) {
    journal->note(id, test_object("file-" + std::to_string(number)));
  }
  journal->settle(id, test_admission(1), test_settlement(1));
  transfer(1);
  EXPECT_EQ(number_from("SELECT COUNT(*) FROM stored_objects"), 4);
}

TEST_F(ObjectRowsTest, TheLongestRecordsFit) {
  auto journal = open_journal(1);
  auto work = test_work(journal->admit(test_admission(1)).value());
  const std::string longest(400, 'x');
  for (auto* id : {&work.admission.key_id, &work.admission.owner_id, &work.admission.project_id,
                   &work.admission.organization_id, &work.admission.provider_id, &work.provider_id,
                   &work.tier}) {
    *id = longest;
  }
  for (auto* text : {&work.admission.model, &work.admission.upstream_model, &work.object_id}) {
    *text = longest;
  }
  work.held_input_tokens = work.held_output_tokens = -1;
  work.admission.held = work.admission.prompt_charge = work.admission.interrupted_charge =
      NanoUsd{-1};
  work.admission.prompt_tokens = work.admission.interrupted_tokens = -1;
  std::array<std::byte, 2 * kRecordBytesMax> bytes{};
  EXPECT_LE(padded(write_goes_on(bytes.data(), ~0ULL, work)), kRecordBytesMax);
  auto object = test_object(longest);
  object.project_id = object.organization_id = object.key_id = object.provider_id = longest;
  EXPECT_LE(padded(write_object(bytes.data(), ~0ULL, object)), kObjectBytes);
}

}  // namespace
}  // namespace tg::ledger
