// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "admin/api_error.h"
#include "base/secret_bytes.h"
#include "identity/audit_verify.h"

// Reads what `tollgate audit export` printed, and proves it on the way.
//
// Threading:  pure, but for the disk.
// Limits:     lines of 256 KiB, as many as there are; findings as in audit_verify.h.
// Errors:     kNotFound: the file cannot be read. What is wrong in it is a finding.
namespace tg::admin {

struct ReadExport {
  identity::AuditReport report;
  bool is_whole = false;  // has the instance's chain, which counts all the others
};

// Without a key, the seals are not looked at.
[[nodiscard]] ApiResult<ReadExport> read_audit_export(
    const std::filesystem::path& file, const SecretBytes* key = nullptr,
    const std::function<void(const identity::AuditRecord&)>& visit = {});

}  // namespace tg::admin
