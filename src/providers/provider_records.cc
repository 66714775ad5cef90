// SPDX-License-Identifier: Apache-2.0
#include "providers/provider_records.h"

#include <soci/soci.h>

#include <algorithm>

#include "providers/base_url.h"
#include "providers/model_list.h"
#include "store/sealed.h"

namespace tg::providers {
namespace {

using soci::use;

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kCredentialBytesMax = 4096;  // Google's tokens, the longest known, have 2,048

// A credential sealed for one provider does not open in another's row.
std::string credential_context(const ProviderId& id) { return "provider-credential:" + id.text(); }

bool is_provider_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

Result<void> check_credential(std::string_view credential) {
  if (credential.size() > kCredentialBytesMax) {
    return fail(Code::kConfiguration, "the credential is longer than 4,096 bytes");
  }
  if (credential.starts_with("sk-tg-")) {
    return fail(Code::kConfiguration,
                "the credential is one of Tollgate's own keys (sk-tg-); give the provider's");
  }
  if (credential.contains('*') || credential.contains("...") || credential.contains("\u2026") ||
      credential.contains("\u2022")) {
    return fail(Code::kConfiguration,
                "the credential is masked, as a console shows it; give the whole one");
  }
  const bool visible = std::ranges::all_of(credential, [](char c) { return c > ' ' && c <= '~'; });
  if (!visible) {
    return fail(Code::kConfiguration, "the credential holds a space, a line break or the like");
  }
  return {};
}

// "" where the upstream asks for none.
std::string seal_credential(const SecretBytes& master_key, const ProviderId& id,
                            const SecretBytes& credential) {
  if (credential.empty()) return {};
  return store::seal(master_key, credential_context(id), credential.reveal());
}

Result<void> check_kind(config::ProviderKind kind) {
  if (kind != config::ProviderKind::kSandbox) return {};
  return fail(Code::kConfiguration,
              "the sandbox is always there, for test keys; it need not be added");
}

Result<void> check_address(std::string_view text) {
  if (base_url(text)) return {};
  return fail(Code::kConfiguration,
              "the base URL must be http or https with a host, as https://api.openai.com/v1, "
              "without user, query or fragment");
}

Result<void> check_models(const std::vector<std::string>& models) {
  if (models.size() > kListedModelsMax) {
    return fail(Code::kConfiguration, "more than 10,000 models are listed");
  }
  if (!std::ranges::all_of(models, is_model_name)) {
    return fail(Code::kConfiguration, "a listed model has a name that none can have");
  }
  return {};
}

bool exists(soci::session& sql, const char* query, const std::string& value) {
  long long count = 0;
  sql << query, use(value), soci::into(count);
  return count > 0;
}

void replace_listed_models(soci::session& sql, const std::string& id,
                           const std::vector<std::string>& models) {
  sql << "DELETE FROM provider_models WHERE provider_id = :id", use(id);
  long long position = 0;
  std::string model;
  soci::statement insert =
      (sql.prepare << "INSERT INTO provider_models (provider_id, position, model) "
                      "VALUES (:id, :position, :model)",
       use(id), use(position), use(model));
  for (const auto& name : models) {
    model = name;
    insert.execute(true);
    ++position;
  }
}

Result<void> insert_provider(soci::session& sql, const ProviderRecord& record,
                             const std::string& sealed, const std::vector<std::string>& models) {
  if (exists(sql, "SELECT COUNT(*) FROM providers WHERE name = :name", record.name)) {
    return fail(Code::kConflict, "a provider of this name exists; remove it or choose another");
  }
  const auto& id = record.id.text();
  const std::string kind = name(record.kind);
  const long long created_at_ms = to_unix_ms(record.created_at);
  sql << "INSERT INTO providers (id, name, kind, base_url, sealed_credential, created_at_ms) "
         "VALUES (:id, :name, :kind, :base_url, :sealed, :created)",
      use(id), use(record.name), use(kind), use(record.base_url), use(sealed), use(created_at_ms);
  replace_listed_models(sql, id, models);
  return {};
}

std::size_t count_listed(soci::session& sql, const std::string& id) {
  long long count = 0;
  sql << "SELECT COUNT(*) FROM provider_models WHERE provider_id = :id", use(id), soci::into(count);
  return static_cast<std::size_t>(count);
}

Result<ProviderRecord> read_record(const soci::row& row) {
  const auto kind = parse_provider_kind(row.get<std::string>(2));
  if (!kind) return fail(Code::kCorrupt, "a stored provider is of an unknown kind");
  return ProviderRecord{
      .id = ProviderId{row.get<std::string>(0)},
      .name = row.get<std::string>(1),
      .kind = *kind,
      .base_url = row.get<std::string>(3),
      .has_credential = !row.get<std::string>(4).empty(),
      .listed_models = 0,
      .created_at = from_unix_ms(row.get<long long>(5)),
  };
}

// Replaces or inserts one row of a table of two text columns.
Result<void> put_choice(store::Database& database, const char* remove, const char* insert,
                        const std::string& key, const std::string& value) {
  return database.write([&](soci::session& sql) -> Result<void> {
    sql << remove, use(key);
    sql << insert, use(key), use(value);
    return {};
  });
}

Result<void> drop_choice(store::Database& database, const char* remove, const std::string& key) {
  return database.write([&](soci::session& sql) -> Result<void> {
    sql << remove, use(key);
    return {};
  });
}

constexpr const char* kRemoveSuccessor = "DELETE FROM model_successors WHERE retired = :retired";
constexpr const char* kRemoveDefault = "DELETE FROM default_models WHERE endpoint = :endpoint";

}  // namespace

std::optional<config::ProviderKind> parse_provider_kind(std::string_view text) {
  if (text == "openai-compatible") return config::ProviderKind::kOpenAiCompatible;
  if (text == "sandbox") return config::ProviderKind::kSandbox;
  return std::nullopt;
}

const char* name(config::ProviderKind kind) noexcept {
  switch (kind) {
    case config::ProviderKind::kOpenAiCompatible: return "openai-compatible";
    case config::ProviderKind::kSandbox: return "sandbox";
  }
  return "";
}

Result<void> check(const ProviderSpec& spec) {
  if (!is_provider_name(spec.name)) {
    return fail(Code::kConfiguration,
                "a provider's name is 1 to 64 characters of a-z, 0-9, dot, dash and underscore");
  }
  TG_TRY_DONE(check_kind(spec.kind));
  TG_TRY_DONE(check_address(spec.base_url));
  return check_credential(spec.credential.reveal());
}

Result<ProviderRecord> add_provider(store::Database& database, const SecretBytes& master_key,
                                    const ProviderSpec& spec,
                                    const std::vector<std::string>& models) {
  TG_TRY_DONE(check(spec));
  TG_TRY_DONE(check_models(models));
  ProviderRecord record{
      .id = make_provider_id(),
      .name = spec.name,
      .kind = spec.kind,
      .base_url = {},
      .has_credential = !spec.credential.empty(),
      .listed_models = models.size(),
      .created_at = wall_now(),
  };
  TG_TRY(record.base_url, base_url(spec.base_url));
  const auto sealed = seal_credential(master_key, record.id, spec.credential);
  TG_TRY_DONE(database.write([&](soci::session& sql) -> Result<void> {
    return insert_provider(sql, record, sealed, models);
  }));
  return record;
}

Result<std::vector<ProviderRecord>> list_providers(store::Database& database) {
  std::vector<ProviderRecord> records;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT id, name, kind, base_url, sealed_credential, created_at_ms "
                        "FROM providers ORDER BY created_at_ms, id");
    for (const auto& row : rows) {
      TG_TRY(auto record, read_record(row));
      records.push_back(std::move(record));
    }
    // Apart, because SOCI cannot tell the type of a column that is computed.
    for (auto& record : records) record.listed_models = count_listed(sql, record.id.text());
    return {};
  }));
  return records;
}

Result<void> remove_provider(store::Database& database, std::string_view name_or_id) {
  const std::string wanted{name_or_id};
  return database.write([&](soci::session& sql) -> Result<void> {
    std::string id;
    sql << "SELECT id FROM providers WHERE id = :id OR name = :name", use(wanted), use(wanted),
        soci::into(id);
    if (!sql.got_data()) return fail(Code::kNotFound, "there is no provider of this name or id");
    sql << "DELETE FROM provider_models WHERE provider_id = :id", use(id);
    sql << "DELETE FROM route_overrides WHERE provider_id = :id", use(id);
    sql << "DELETE FROM providers WHERE id = :id", use(id);
    return {};
  });
}

Result<void> check(const ProviderRecord& provider, const ProviderChange& change) {
  TG_TRY_DONE(check_kind(provider.kind));
  if (change.credential) TG_TRY_DONE(check_credential(change.credential->reveal()));
  if (change.base_url) {
    TG_TRY_DONE(check_address(*change.base_url));
    const bool moves = *base_url(*change.base_url) != provider.base_url;
    if (moves && provider.has_credential && !change.credential) {
      return fail(Code::kConfiguration,
                  "the credential was given for another address; give it again together with the "
                  "new one");
    }
  }
  return change.models ? check_models(*change.models) : Result<void>{};
}

Result<ProviderRecord> update_provider(store::Database& database, const SecretBytes& master_key,
                                       const ProviderRecord& provider,
                                       const ProviderChange& change) {
  TG_TRY_DONE(check(provider, change));
  auto record = provider;
  if (change.base_url) {
    TG_TRY(record.base_url, base_url(*change.base_url));
  }
  if (change.credential) record.has_credential = !change.credential->empty();
  TG_TRY_DONE(database.write([&](soci::session& sql) -> Result<void> {
    const auto& id = record.id.text();
    std::string address;
    sql << "SELECT base_url FROM providers WHERE id = :id", use(id), soci::into(address);
    if (!sql.got_data()) return fail(Code::kNotFound, "there is no such provider");
    // Its credential would go to the address that it had before.
    if (address != provider.base_url) {
      return fail(Code::kConflict, "the provider was given another address meanwhile; try again");
    }
    sql << "UPDATE providers SET base_url = :url WHERE id = :id", use(record.base_url), use(id);
    if (change.credential) {
      const auto sealed = seal_credential(master_key, record.id, *change.credential);
      sql << "UPDATE providers SET sealed_credential = :sealed WHERE id = :id", use(sealed),
          use(id);
    }
    if (change.models) replace_listed_models(sql, id, *change.models);
    record.listed_models = count_listed(sql, id);
    return {};
  }));
  return record;
}

Result<std::vector<std::string>> listed_models(store::Database& database,
                                               const ProviderId& provider) {
  std::vector<std::string> models;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<std::string> rows =
        (sql.prepare << "SELECT model FROM provider_models WHERE provider_id = :id "
                        "ORDER BY position",
         use(provider.text()));
    models.assign(rows.begin(), rows.end());
    return {};
  }));
  return models;
}

Result<SecretBytes> provider_credential(store::Database& database, const SecretBytes& master_key,
                                        const ProviderId& provider) {
  std::string sealed;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    sql << "SELECT sealed_credential FROM providers WHERE id = :id", use(provider.text()),
        soci::into(sealed);
    if (!sql.got_data()) return fail(Code::kNotFound, "there is no such provider");
    return {};
  }));
  if (sealed.empty()) return SecretBytes{};
  return store::open_sealed(master_key, credential_context(provider), sealed);
}

Result<void> set_route(store::Database& database, std::string_view model,
                       const std::vector<RouteTarget>& targets) {
  const std::string asked{model};
  if (!is_model_name(asked)) return fail(Code::kConfiguration, "this cannot be a model's name");
  for (const auto& target : targets) {
    if (!is_model_name(target.upstream_model)) {
      return fail(Code::kConfiguration, "a target's model cannot be a model's name");
    }
  }
  return database.write([&](soci::session& sql) -> Result<void> {
    sql << "DELETE FROM route_overrides WHERE model = :model", use(asked);
    long long position = 0;
    for (const auto& target : targets) {
      if (!exists(sql, "SELECT COUNT(*) FROM providers WHERE id = :id", target.provider.text())) {
        return fail(Code::kNotFound, "a target names a provider that does not exist");
      }
      sql << "INSERT INTO route_overrides (model, position, provider_id, upstream_model) "
             "VALUES (:model, :position, :provider, :upstream)",
          use(asked), use(position), use(target.provider.text()), use(target.upstream_model);
      ++position;
    }
    return {};
  });
}

Result<std::vector<RouteOverride>> list_route_overrides(store::Database& database) {
  std::vector<RouteOverride> overrides;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT model, provider_id, upstream_model FROM route_overrides "
                        "ORDER BY model, position");
    for (const auto& row : rows) {
      overrides.push_back(
          {row.get<std::string>(0), ProviderId{row.get<std::string>(1)}, row.get<std::string>(2)});
    }
    return {};
  }));
  return overrides;
}

Result<void> set_successor(store::Database& database, std::string_view retired,
                           std::string_view successor) {
  if (!is_model_name(retired) || (!successor.empty() && !is_model_name(successor))) {
    return fail(Code::kConfiguration, "this cannot be a model's name");
  }
  if (retired == successor) {
    return fail(Code::kConfiguration, "a model cannot be its own successor");
  }
  return put_choice(database, kRemoveSuccessor,
                    "INSERT INTO model_successors (retired, successor) VALUES (:retired, :to)",
                    std::string{retired}, std::string{successor});
}

Result<void> reset_successor(store::Database& database, std::string_view retired) {
  return drop_choice(database, kRemoveSuccessor, std::string{retired});
}

Result<std::vector<SuccessorChoice>> list_successors(store::Database& database) {
  std::vector<SuccessorChoice> choices;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT retired, successor FROM model_successors ORDER BY retired");
    for (const auto& row : rows) {
      choices.push_back({row.get<std::string>(0), row.get<std::string>(1)});
    }
    return {};
  }));
  return choices;
}

Result<void> set_default_model(store::Database& database, openai::Endpoint endpoint,
                               std::string_view model) {
  if (!model.empty() && !is_model_name(model)) {
    return fail(Code::kConfiguration, "this cannot be a model's name");
  }
  return put_choice(database, kRemoveDefault,
                    "INSERT INTO default_models (endpoint, model) VALUES (:endpoint, :model)",
                    std::string{openai::path(endpoint)}, std::string{model});
}

Result<void> reset_default_model(store::Database& database, openai::Endpoint endpoint) {
  return drop_choice(database, kRemoveDefault, std::string{openai::path(endpoint)});
}

Result<std::vector<DefaultModelChoice>> list_default_models(store::Database& database) {
  std::vector<DefaultModelChoice> choices;
  TG_TRY_DONE(database.read([&](soci::session& sql) -> Result<void> {
    const soci::rowset<soci::row> rows =
        (sql.prepare << "SELECT endpoint, model FROM default_models ORDER BY endpoint");
    for (const auto& row : rows) {
      const auto endpoint = openai::model_endpoint(row.get<std::string>(0));
      if (endpoint) choices.push_back({*endpoint, row.get<std::string>(1)});
    }
    return {};
  }));
  return choices;
}

}  // namespace tg::providers
