// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "admin/api_error.h"
#include "identity/audit_query.h"
#include "identity/audit_verify.h"

// Entries of the audit log as JSON: as OpenAI's Admin API shows them, and as lines of an export,
// which hold every byte that their hashes cover.
//
// Threading:  pure.
namespace tg::admin {

// "instance", or an organization's id.
[[nodiscard]] std::string audit_chain_name(const std::string& chain);
[[nodiscard]] std::string parse_audit_chain(const std::string& name);

// OpenAI's AuditLog: what happened stands under a key that is the event's type.
[[nodiscard]] Json to_audit_log(const identity::AuditRecord& record,
                                const identity::AuditNames& names);

[[nodiscard]] Json to_export_line(const identity::AuditRecord& record);
[[nodiscard]] Json to_export_line(const identity::AuditHead& head);

[[nodiscard]] Json to_json(const identity::AuditReport& report);

using AuditLine = std::variant<identity::AuditRecord, identity::AuditHead>;
// Nothing for a line that is none of an export.
[[nodiscard]] std::optional<AuditLine> parse_export_line(const std::string& line);

}  // namespace tg::admin
