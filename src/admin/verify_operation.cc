// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "admin/audit_json.h"
#include "admin/operation_context.h"
#include "identity/audit_verify.h"
#include "providers/provider_records.h"
#include "store/instance_check.h"

// Everything about a folder that can be checked from inside, in one go.
namespace tg::admin {
namespace {

struct Finding {
  bool ok;
  std::string message;
};

Finding could_not(const Error& error) { return {false, to_api_error(error).message + "."}; }

Finding check_database(OperationContext& context) {
  const auto damage = context.database.find_damage();
  if (!damage) return could_not(damage.error());
  if (!damage->empty()) return {false, "It is damaged: " + *damage + ". Restore a backup."};
  if (context.database.is_in_folder()) {
    return {true, "Its pages, indexes and references are whole."};
  }
  return {true, "It answers; pg_amcheck looks at its pages and indexes."};
}

Finding check_key_files(OperationContext& context) {
  const auto checked = store::check_instance(context.database, context.folder);
  if (!checked) return could_not(checked.error());
  return {true, "pepper and master.key are those that the database was made with."};
}

Finding check_audit(OperationContext& context) {
  const auto report = identity::check_audit(context.database);
  if (!report) return could_not(report.error());
  if (report->findings.empty()) {
    return {true, fmt::format("None of {} entries was changed or taken out.", report->entries)};
  }
  const auto& first = report->findings.front();
  return {false, fmt::format("{} of chain '{}' at {}; 'tollgate audit verify' shows all.",
                             first.what, audit_chain_name(first.chain), first.sequence)};
}

Finding check_ledger(OperationContext& context, const Caller& caller) {
  const auto report = verify_ledger(context, Json::object(), caller);
  if (!report) return {false, report.error().message};
  if (report->value("agree", false)) {
    return {true, "Journal, calls, rollups and limits agree to the nano-dollar."};
  }
  const auto& difference = (*report)["difference"];
  return {false,
          fmt::format("They do not agree: {}: expected {}, found {}.", difference.value("what", ""),
                      difference.value("expected", ""), difference.value("found", ""))};
}

Finding check_keys(OperationContext& context) {
  std::int64_t keys = 0;
  const auto loaded =
      identity::load_keys(context.database, [&](const keys::KeyRecord&) { ++keys; });
  if (!loaded) return could_not(loaded.error());
  return {true, fmt::format("All {} that are alive can be loaded.", keys)};
}

Finding check_credentials(OperationContext& context) {
  const auto all = providers::list_providers(context.database);
  if (!all) return could_not(all.error());
  int opened = 0;
  for (const auto& provider : *all) {
    const auto credential =
        providers::provider_credential(context.database, context.folder.master_key(), provider.id);
    if (!credential) {
      return {false, fmt::format("That of '{}' cannot be opened: {}.", provider.name,
                                 to_api_error(credential.error()).message)};
    }
    if (provider.has_credential) ++opened;
  }
  return {true, fmt::format("All {} open with this master.key.", opened)};
}

}  // namespace

ApiResult<Json> verify(OperationContext& context, const Json& /*arguments*/, const Caller& caller) {
  auto checks = Json::array();
  bool all_ok = true;
  const auto add = [&](const char* name, const Finding& finding) {
    all_ok = all_ok && finding.ok;
    checks.push_back(Json{{"name", name}, {"ok", finding.ok}, {"message", finding.message}});
  };
  add("database", check_database(context));
  add("keys' files", check_key_files(context));
  add("audit log", check_audit(context));
  add("ledger", check_ledger(context, caller));
  add("keys", check_keys(context));
  add("credentials", check_credentials(context));
  return Json{{"object", "tollgate.verification"}, {"ok", all_ok}, {"checks", std::move(checks)}};
}

}  // namespace tg::admin
