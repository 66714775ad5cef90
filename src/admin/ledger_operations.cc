// SPDX-License-Identifier: Apache-2.0
#include "admin/operation_context.h"
#include "ledger/rollup_fold.h"
#include "ledger/verify.h"

// Whether the books agree: on a running server at a cut through all that moves, on a stopped folder
// as it lies there.
namespace tg::admin {
namespace {

Json to_json(const ledger::VerifyReport& report) {
  Json difference;
  if (report.difference) {
    difference = {{"what", report.difference->what},
                  {"expected", report.difference->expected},
                  {"found", report.difference->found}};
  }
  return Json{{"agree", !report.difference},
              {"difference", std::move(difference)},
              {"checked",
               {{"journal_records", report.journal_records},
                {"awaiting_transfer", report.awaiting},
                {"events", report.events},
                {"rollups", report.rollups},
                {"slices", report.slices},
                {"limits", report.limits}}}};
}

}  // namespace

ApiResult<Json> verify_ledger(OperationContext& context, const Json& /*arguments*/,
                              const Caller& /*caller*/) {
  if (context.live != nullptr) {
    TG_API_TRY(const auto report, context.live->verify_ledger());
    return to_json(report);
  }
  TG_API_TRY(
      const auto report,
      ledger::verify_ledger(context.database, {.journal_folder = context.folder.journal_folder()}));
  return to_json(report);
}

ApiResult<Json> rebuild_rollups(OperationContext& context, const Json& /*arguments*/,
                                const Caller& caller) {
  TG_API_TRY_DONE(ledger::rebuild_rollups(context.database));
  TG_TRY_DONE(context.audit_instance(caller, "tollgate.ledger.rebuilt", "", Json::object()));
  return Json{{"object", "tollgate.ledger"}, {"rebuilt", true}};
}

}  // namespace tg::admin
