// SPDX-License-Identifier: Apache-2.0
#include "identity/rows.h"

namespace tg::identity {
namespace {

struct CountRow {
  long long count = 0;
  void bind(soci::statement& select) { select.exchange(soci::into(count)); }
  [[nodiscard]] long long item() const { return count; }
};

}  // namespace

std::string parameters(const char* prefix, std::size_t count) {
  std::string names;
  for (std::size_t i = 0; i < count; ++i) {
    names.append(i == 0 ? "(:" : ", :").append(prefix).append(std::to_string(i));
  }
  return names + ")";
}

long long count_rows(soci::session& session, const std::string& query,
                     const std::vector<std::string>& values) {
  return select_rows<CountRow>(session, query, values).front();
}

void execute(soci::session& session, const std::string& statement,
             const std::vector<std::string>& values) {
  soci::statement change{session};
  for (const auto& value : values) change.exchange(soci::use(value));
  change.alloc();
  change.prepare(statement);
  change.define_and_bind();
  change.execute(true);
}

}  // namespace tg::identity
