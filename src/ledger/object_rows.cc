// SPDX-License-Identifier: Apache-2.0
#include "ledger/object_rows.h"

#include <soci/soci.h>

#include <algorithm>

#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

constexpr std::string_view kWorkColumns =
    "epoch,worker,sequence,admitted_ms,endpoint,stream,test,held,prompt_charge,interrupted_charge,"
    "prompt_tokens,interrupted_tokens,kind,held_input_tokens,held_output_tokens,price_id,"
    "charge_factor_millionths,charge_price_id,held_cost,prompt_cost,interrupted_cost,credit_of,"
    "key_id,owner_id,project_id,organization_id,model,"
    "upstream_model,provider_id,object_id,working_provider_id,tier";

constexpr const char* kAddObject =
    "INSERT INTO stored_objects"
    " (project_id, id, kind, organization_id, key_id, provider_id, created_ms)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, id) DO NOTHING";
constexpr const char* kRemoveObject =
    "DELETE FROM stored_objects WHERE project_id = ? AND id = ? AND kind = ?";
constexpr const char* kEndWork =
    "DELETE FROM open_work WHERE epoch = ? AND worker = ? AND sequence = ?";

void bind_id(Statement& statement, const EventId& id) {
  statement.bind(id.epoch);
  statement.bind(id.worker);
  statement.bind(static_cast<std::int64_t>(id.sequence));
}

Result<void> remove_object(soci::session& session, const StoredObject& object) {
  TG_TRY(auto remove, Statement::prepare(session, kRemoveObject));
  remove.bind(object.project_id.view());
  remove.bind(std::string_view{object.id});
  remove.bind(static_cast<std::int64_t>(object.kind));
  TG_TRY_DONE(remove.run());
  return {};
}

Result<void> add_objects(soci::session& session, std::span<const StoredObject> objects) {
  TG_TRY(auto insert, Statement::prepare(session, kAddObject));
  for (const auto& object : objects) {
    bind_row(insert, object);
    TG_TRY_DONE(insert.queue());
  }
  TG_TRY_DONE(insert.flush());
  return {};
}

Result<void> add_work(soci::session& session, const OpenWork& work) {
  std::string sql{"INSERT INTO open_work ("};
  sql.append(kWorkColumns).append(") SELECT ?");
  for (auto more = std::ranges::count(kWorkColumns, ','); more > 0; --more) sql += ",?";
  // Written again by a recovery: its event may be there already.
  sql +=
      " WHERE NOT EXISTS (SELECT 1 FROM usage_events e"
      " WHERE e.epoch = ? AND e.worker = ? AND e.sequence = ?)"
      " ON CONFLICT (epoch, worker, sequence) DO NOTHING";
  TG_TRY(auto insert, Statement::prepare(session, sql));
  const auto& admission = work.admission;
  bind_id(insert, work.id);
  for (const std::int64_t number :
       {to_unix_ms(admission.at), static_cast<std::int64_t>(admission.endpoint),
        std::int64_t{admission.stream}, std::int64_t{admission.test}, admission.held.count(),
        admission.prompt_charge.count(), admission.interrupted_charge.count(),
        admission.prompt_tokens, admission.interrupted_tokens, static_cast<std::int64_t>(work.kind),
        work.held_input_tokens, work.held_output_tokens, admission.price_id,
        admission.charge_factor_millionths, admission.charge_price_id, admission.held_cost.count(),
        admission.prompt_cost.count(), admission.interrupted_cost.count(),
        static_cast<std::int64_t>(admission.credit_of)}) {
    insert.bind(number);
  }
  for (const std::string_view text :
       {admission.key_id.view(), admission.owner_id.view(), admission.project_id.view(),
        admission.organization_id.view(), std::string_view{admission.model},
        std::string_view{admission.upstream_model}, admission.provider_id.view(),
        std::string_view{work.object_id}, work.provider_id.view(), work.tier.view()}) {
    insert.bind(text);
  }
  bind_id(insert, work.id);
  TG_TRY_DONE(insert.run());
  return {};
}

OpenWork read_work(const Statement& row) {
  OpenWork work;
  work.id = {.epoch = static_cast<std::uint32_t>(row.number(0)),
             .worker = static_cast<std::uint16_t>(row.number(1)),
             .sequence = static_cast<std::uint64_t>(row.number(2))};
  work.admission = {.at = from_unix_ms(row.number(3)),
                    .endpoint = static_cast<openai::Endpoint>(row.number(4)),
                    .stream = row.number(5) != 0,
                    .test = row.number(6) != 0,
                    .key_id = row.text(22),
                    .owner_id = row.text(23),
                    .project_id = row.text(24),
                    .organization_id = row.text(25),
                    .model = std::string{row.text(26)},
                    .upstream_model = std::string{row.text(27)},
                    .provider_id = row.text(28),
                    .held = NanoUsd{row.number(7)},
                    .prompt_charge = NanoUsd{row.number(8)},
                    .interrupted_charge = NanoUsd{row.number(9)},
                    .prompt_tokens = row.number(10),
                    .interrupted_tokens = row.number(11),
                    .price_id = row.number(15),
                    .charge_factor_millionths = row.number(16),
                    .charge_price_id = row.number(17),
                    .held_cost = NanoUsd{row.number(18)},
                    .prompt_cost = NanoUsd{row.number(19)},
                    .interrupted_cost = NanoUsd{row.number(20)},
                    .credit_of = static_cast<CreditOf>(row.number(21))};
  work.kind = static_cast<openai::ObjectKind>(row.number(12));
  work.held_input_tokens = row.number(13);
  work.held_output_tokens = row.number(14);
  work.object_id = row.text(29);
  work.provider_id = row.text(30);
  work.tier = row.text(31);
  return work;
}

}  // namespace

void bind_row(store::Statement& insert, const StoredObject& object) {
  insert.bind(object.project_id.view());
  insert.bind(std::string_view{object.id});
  insert.bind(static_cast<std::int64_t>(object.kind));
  insert.bind(object.organization_id.view());
  insert.bind(object.key_id.view());
  insert.bind(object.provider_id.view());
  insert.bind(to_unix_ms(object.at));
}

Result<std::vector<OwnedObject>> find_objects(store::Database& database,
                                              std::string_view project_id,
                                              std::span<const std::string> ids) {
  std::vector<OwnedObject> found;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select,
           Statement::prepare(session,
                              "SELECT kind, provider_id, (SELECT COUNT(*) FROM open_work w"
                              " WHERE w.project_id = o.project_id AND w.object_id = o.id),"
                              " created_ms"
                              " FROM stored_objects o WHERE project_id = ? AND id = ?"));
    for (const auto& id : ids) {
      if (std::ranges::find(found, id, &OwnedObject::id) != found.end()) continue;
      select.bind(project_id);
      select.bind(std::string_view{id});
      TG_TRY(const bool there, select.step());
      if (there) {
        found.push_back({.id = id,
                         .kind = static_cast<openai::ObjectKind>(select.number(0)),
                         .provider_id = std::string{select.text(1)},
                         .working = select.number(2) > 0,
                         .made_ms = select.number(3)});
      }
      select.restart();
    }
    return {};
  }));
  return found;
}

Result<std::vector<std::string>> providers_with(store::Database& database,
                                                std::string_view project_id,
                                                openai::ObjectKind kind) {
  std::vector<std::string> providers;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(auto select, Statement::prepare(session,
                                           "SELECT DISTINCT provider_id FROM stored_objects"
                                           " WHERE project_id = ? AND kind = ?"
                                           " ORDER BY provider_id"));
    select.bind(project_id);
    select.bind(static_cast<std::int64_t>(kind));
    for (;;) {
      TG_TRY(const bool there, select.step());
      if (!there) return {};
      providers.emplace_back(select.text(0));
    }
  }));
  return providers;
}

Result<std::vector<OpenWork>> list_open_work(store::Database& database) {
  std::vector<OpenWork> works;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    std::string sql{"SELECT "};
    sql.append(kWorkColumns)
        .append(" FROM open_work ORDER BY admitted_ms, epoch, worker, sequence");
    TG_TRY(auto select, Statement::prepare(session, sql));
    for (;;) {
      TG_TRY(const bool there, select.step());
      if (!there) return {};
      works.push_back(read_work(select));
    }
  }));
  return works;
}

Result<void> write_objects(soci::session& session, const LedgerBatch& batch) {
  const std::span objects{batch.objects};
  for (std::size_t at = 0; at < objects.size();) {
    // Most are made, and few removed: those that are made are written together.
    std::size_t made = at;
    while (made < objects.size() && !objects[made].removed) ++made;
    if (made > at) TG_TRY_DONE(add_objects(session, objects.subspan(at, made - at)));
    if (made < objects.size()) TG_TRY_DONE(remove_object(session, objects[made++]));
    at = made;
  }
  for (const auto& work : batch.works) TG_TRY_DONE(add_work(session, work));
  if (batch.ended_works.empty()) return {};
  TG_TRY(auto remove, Statement::prepare(session, kEndWork));
  for (const auto& id : batch.ended_works) {
    bind_id(remove, id);
    TG_TRY_DONE(remove.run());
  }
  return {};
}

}  // namespace tg::ledger
