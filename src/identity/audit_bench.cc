// SPDX-License-Identifier: Apache-2.0
// What an audit entry costs the change that it belongs to, and what verifying and reading a million
// of them takes.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "identity/audit_query.h"
#include "identity/audit_verify.h"
#include "store/test_folder.h"

namespace tg::identity {
namespace {

constexpr const char* kOrganization = "org-4fQ0vXk2mB7sT1yR9aLwZe";
constexpr int kChains = 10;

class Log {
 public:
  explicit Log(std::int64_t entries) : database_{*store::Database::open(folder_.place())} {
    database_->set_seal_key(key_);
    for (std::int64_t done = 0; done < entries; done += 10'000) append(done, 10'000);
  }

  // Of ten organizations in turn.
  void append(std::int64_t first, std::int64_t count) {
    const auto done = database_->write([&](soci::session& session) -> Result<void> {
      for (auto i = first; i < first + count; ++i) {
        const auto organization = fmt::format("{}{}", kOrganization, i % kChains);
        TG_TRY_DONE(
            append_audit(session,
                         {.kind = ActorKind::kKey,
                          .id = fmt::format("key_{:022}", i % 100),
                          .address = "192.0.2.7",
                          .user_id = fmt::format("user-{:022}", i % 50)},
                         {.action = i % 1000 == 0 ? "project.updated" : "api_key.created",
                          .target = fmt::format("key_{:022}", i / 10),
                          .organization_id = organization,
                          .detail = R"({"data":{"kind":"project","name":"laptop","scopes":[]}})",
                          .project_id = fmt::format("proj_{:022}", i % 20)},
                         from_unix_ms(1'795'000'000'000 + i)));
      }
      return {};
    });
    TG_CHECK(done.has_value());
  }

  store::Database& database() { return *database_; }

 private:
  store::TestFolder folder_;
  SecretBytes key_{std::string_view{"the pepper of this test, 32 byte"}};
  std::unique_ptr<store::Database> database_;
};

Log& million() {
  static Log log{1'000'000};
  return log;
}

// In one transaction of many, so that the disk's sync is not what is measured.
void append_entry(benchmark::State& state) {
  Log log{0};
  std::int64_t first = 0;
  for (auto _ : state) {
    log.append(first, 1000);
    first += 1000;
  }
  state.SetItemsProcessed(first);
}
BENCHMARK(append_entry)->Iterations(20)->Unit(benchmark::kMillisecond);

void append_alone(benchmark::State& state) {
  Log log{0};
  std::int64_t first = 0;
  for (auto _ : state) log.append(first++, 1);
  state.SetItemsProcessed(first);
}
BENCHMARK(append_alone)->Iterations(1000)->Unit(benchmark::kMicrosecond);

void verify(benchmark::State& state) {
  auto& log = million();
  for (auto _ : state) {
    const auto report = check_audit(log.database());
    if (!report || !report->findings.empty()) state.SkipWithError("it does not hold");
  }
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}
BENCHMARK(verify)->Iterations(1)->Unit(benchmark::kMillisecond);

void find(benchmark::State& state, AuditFilter filter) {
  auto& log = million();
  filter.organization_id = fmt::format("{}{}", kOrganization, 0);
  filter.rows_max = 101;
  for (auto _ : state) {
    if (!find_audit(log.database(), filter)) state.SkipWithError("not read");
  }
}
BENCHMARK_CAPTURE(find, newest, AuditFilter{})->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(find, oldest, AuditFilter{.to_unix_ms = 1'795'000'001'000})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(find, target, AuditFilter{.targets = {fmt::format("key_{:022}", 7)}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(find, type, AuditFilter{.actions = {"project.updated"}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(find, actor_key, AuditFilter{.actor_ids = {"key_of_nobody"}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(find, user, AuditFilter{.user_ids = {fmt::format("user-{:022}", 10)}})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(find, project, AuditFilter{.project_ids = {"proj_of_nobody"}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tg::identity

BENCHMARK_MAIN();
