// SPDX-License-Identifier: Apache-2.0
#include "admin/later_changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/audit_export.h"
#include "admin/audit_json.h"

namespace tg::admin {
namespace {

std::string finding_of(const identity::AuditReport& report) {
  const auto& finding = report.findings.front();
  return fmt::format("chain '{}', entry {}: {}", audit_chain_name(finding.chain), finding.sequence,
                     finding.what);
}

}  // namespace

ApiResult<LaterChanges> read_later_changes(const std::filesystem::path& file,
                                           const SecretBytes& pepper, WallTime backup_at) {
  LaterChanges later;
  auto read = read_audit_export(file, &pepper, [&](const identity::AuditRecord& record) {
    later.until = std::max(later.until, record.at);
    later.changes.push_back({.action = record.entry.action,
                             .target = record.entry.target,
                             .unix_ms = to_unix_ms(record.at),
                             .organization_id = record.entry.organization_id});
  });
  if (!read) {
    read.error().param = "audit";
    return std::unexpected(std::move(read).error());
  }
  if (!read->report.findings.empty()) {
    return refuse(Code::kCorrupt,
                  fmt::format("{} is not what this Tollgate's 'tollgate audit export' prints ({}); "
                              "nothing was changed.",
                              file.string(), finding_of(read->report)),
                  "audit");
  }
  if (!read->is_whole) {
    return refuse(Code::kConflict,
                  fmt::format("{} has not all chains; nothing was changed. Export the audit log "
                              "without --organization.",
                              file.string()),
                  "audit");
  }
  if (later.until < backup_at) {
    return refuse(Code::kConflict,
                  fmt::format("{} ends before the backup was made, so it does not tell what was "
                              "revoked since; nothing was changed. Export the audit log anew, or "
                              "leave --audit away: all keys are then put on hold.",
                              file.string()),
                  "audit");
  }
  return later;
}

}  // namespace tg::admin
