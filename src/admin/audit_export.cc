// SPDX-License-Identifier: Apache-2.0
#include "admin/audit_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "admin/audit_json.h"

namespace tg::admin {
namespace {

// An entry has up to 16 KiB of detail, every byte of it escaped.
constexpr std::size_t kLineBytesMax = 256UL * 1024;

// What a whole export says of the number of its chains; one organization's has no such line.
void check_chains(identity::AuditChecker& checker, const std::vector<identity::AuditHead>& heads) {
  const auto instance = std::ranges::find(heads, std::string{}, &identity::AuditHead::chain);
  if (instance == heads.end()) return;
  const auto chains = static_cast<long long>(heads.size()) - 1;
  if (chains == instance->chains) return;
  checker.note({}, 0,
               fmt::format("there are {} chains of organizations where {} were begun", chains,
                           instance->chains));
}

}  // namespace

ApiResult<ReadExport> read_audit_export(
    const std::filesystem::path& file, const SecretBytes* key,
    const std::function<void(const identity::AuditRecord&)>& visit) {
  std::ifstream lines{file};
  if (!lines) {
    return refuse(Code::kNotFound, fmt::format("{} cannot be read.", file.string()), "file");
  }
  identity::AuditChecker checker{key};
  std::vector<identity::AuditHead> heads;
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto parsed = line.size() <= kLineBytesMax ? parse_export_line(line) : std::nullopt;
    if (!parsed) {
      checker.note({}, 0, fmt::format("line {} is no line of an export", number));
    } else if (const auto* head = std::get_if<identity::AuditHead>(&*parsed)) {
      checker.add(*head);
      heads.push_back(*head);
    } else {
      const auto& record = std::get<identity::AuditRecord>(*parsed);
      checker.add(record);
      if (visit) visit(record);
    }
  }
  if (number == 0) checker.note({}, 0, "the file is empty");
  check_chains(checker, heads);
  return ReadExport{.report = checker.finish(),
                    .is_whole = std::ranges::any_of(
                        heads, [](const identity::AuditHead& head) { return head.chain.empty(); })};
}

}  // namespace tg::admin
