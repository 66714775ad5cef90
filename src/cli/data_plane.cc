// SPDX-License-Identifier: Apache-2.0
#include "cli/data_plane.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "cli/last_use_writer.h"
#include "gateway/server.h"
#include "identity/keys.h"
#include "identity/limits.h"
#include "identity/projects.h"
#include "ledger/journal_sync.h"
#include "ledger/transfer.h"
#include "ledger/usage_query.h"
#include "providers/snapshot_builder.h"

namespace tg::cli {
namespace {

gateway::Options gateway_options(const config::Settings& settings) {
  gateway::Options options;
  options.json_body_bytes_max = settings.body_bytes_max;
  options.form_body_bytes_max = settings.upload_bytes_max;
  options.connections_max =
      static_cast<std::size_t>(std::max(1, settings.connections_max / settings.workers));
  options.head_timeout = settings.head_timeout;
  options.body_idle_timeout = settings.body_timeout;
  options.keep_alive_timeout = settings.idle_timeout;
  options.connect_timeout = settings.upstream_connect_timeout;
  options.first_byte_timeout = settings.upstream_timeout;
  options.answer_idle_timeout = settings.upstream_idle_timeout;
  return options;
}

using SnapshotCell = config::Published<config::Snapshot>;

}  // namespace

class DataPlane::Impl {
 public:
  explicit Impl(const Parts& given)
      : parts{given},
        snapshot{std::make_shared<const config::Snapshot>()},
        last_uses{given.database, keys} {}

  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<void> load_keys();
  [[nodiscard]] Result<void> load_meters();
  [[nodiscard]] Result<void> publish();
  // Null where nobody could call on it: no such living key, no such project.
  [[nodiscard]] limits::Meter* meter(const std::string& scope, const std::string& id) const;
  // The same, for a project or organization that has no key yet.
  [[nodiscard]] limits::Meter* make_meter(const std::string& scope, const std::string& id);

  const Parts parts;
  keys::KeyTable keys;
  SnapshotCell snapshot;
  std::uint32_t epoch = 0;
  LastUseWriter last_uses;
  std::unique_ptr<net::TlsContext> tls;
  std::unique_ptr<gateway::ControlPool> control;
  std::unique_ptr<gateway::Shared> shared;
  std::unique_ptr<gateway::Server> server;
  std::unique_ptr<ledger::JournalSync> sync;
  std::unique_ptr<ledger::Transfer> transfer;
};

Result<void> DataPlane::Impl::load() {
  TG_TRY(const auto recovered,
         ledger::recover_journals(parts.database, parts.folder.journal_folder()));
  epoch = recovered.epoch;
  if (recovered.settled_calls + recovered.interrupted_calls + recovered.damaged_records > 0) {
    log(LogLevel::kWarning, "journals of an earlier run recovered",
        {{"settled", recovered.settled_calls},
         {"interrupted", recovered.interrupted_calls},
         {"void", recovered.void_calls},
         {"damaged", recovered.damaged_records}});
  }
  TG_TRY_DONE(load_keys());
  TG_TRY_DONE(load_meters());
  TG_TRY_DONE(publish());
  TG_TRY(tls, net::TlsContext::open(parts.settings.upstream_ca_file.string()));
  return {};
}

Result<void> DataPlane::Impl::load_keys() {
  TG_TRY(const auto records, identity::load_keys(parts.database));
  for (const auto& record : records) keys.insert(record);
  return {};
}

Result<void> DataPlane::Impl::load_meters() {
  TG_TRY(const auto limits, identity::list_limits(parts.database));
  for (const auto& limit : limits) {
    auto* of = make_meter(std::string{name(limit.scope)}, limit.id);
    if (of != nullptr) of->set_limit(limit.amount);
  }
  const auto restore = [this](const char* scope, const std::vector<ledger::Spent>& all) {
    for (const auto& spent : all) {
      if (auto* of = make_meter(scope, spent.id)) of->restore(spent.charge);
    }
  };
  TG_TRY(const auto by_key, ledger::spent_by_key(parts.database));
  TG_TRY(const auto by_project, ledger::spent_by_project(parts.database));
  TG_TRY(const auto by_organization, ledger::spent_by_organization(parts.database));
  restore("key", by_key);
  restore("project", by_project);
  restore("organization", by_organization);
  return {};
}

Result<void> DataPlane::Impl::publish() {
  TG_TRY(auto built,
         providers::build_snapshot(parts.database, parts.folder.master_key(), *parts.catalogue));
  snapshot.publish(std::move(built));
  return {};
}

limits::Meter* DataPlane::Impl::meter(const std::string& scope, const std::string& id) const {
  if (scope == "key") {
    auto* key = keys.find_by_id(KeyId{id});
    return key == nullptr ? nullptr : &key->meter;
  }
  if (scope == "project") {
    auto* project = keys.find_project(ProjectId{id});
    return project == nullptr ? nullptr : &project->meter;
  }
  auto* organization = keys.find_organization(OrganizationId{id});
  return organization == nullptr ? nullptr : &organization->meter;
}

limits::Meter* DataPlane::Impl::make_meter(const std::string& scope, const std::string& id) {
  if (auto* known = meter(scope, id); known != nullptr || scope == "key") return known;
  if (scope == "organization") return &keys.organization(OrganizationId{id}).meter;
  const auto project = identity::find_project(parts.database, ProjectId{id});
  if (!project) return nullptr;
  return &keys.project(project->id, project->organization_id).meter;
}

DataPlane::DataPlane(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
DataPlane::~DataPlane() = default;

Result<std::unique_ptr<DataPlane>> DataPlane::open(const Parts& parts) {
  auto impl = std::make_unique<Impl>(parts);
  TG_TRY_DONE(impl->load());
  return std::unique_ptr<DataPlane>{new DataPlane{std::move(impl)}};
}

Result<std::uint16_t> DataPlane::listen(gateway::ControlPool::Handler handler) {
  Impl& it = *impl_;
  const auto& settings = it.parts.settings;
  it.control = std::make_unique<gateway::ControlPool>(std::move(handler));
  it.shared = std::make_unique<gateway::Shared>(it.keys, it.parts.folder.pepper(), it.snapshot,
                                                *it.tls, *it.control, gateway_options(settings));
  gateway::ServerOptions options;
  options.listen = {settings.listen_host, settings.listen_port};
  options.workers = static_cast<std::uint16_t>(settings.workers);
  options.journal.folder = it.parts.folder.journal_folder();
  options.journal.epoch = it.epoch;
  options.journal.bytes_max = settings.journal_bytes_max;
  TG_TRY(it.server, gateway::Server::open(*it.shared, options));

  if (settings.durability == config::Durability::kInterval) {
    it.sync = std::make_unique<ledger::JournalSync>(options.journal.folder);
  }
  it.transfer = std::make_unique<ledger::Transfer>(it.parts.database, options.journal.folder,
                                                   it.epoch, options.workers);
  return it.server->port();
}

void DataPlane::start() {
  if (impl_->sync) impl_->sync->start();
  impl_->transfer->start();
  impl_->last_uses.start();
  impl_->server->start();
}

void DataPlane::stop() {
  Impl& it = *impl_;
  it.server->drain(std::chrono::steady_clock::now() + it.parts.settings.drain);
  it.control->stop();
  it.server.reset();  // closes the journals
  it.last_uses.stop();
  if (it.sync) it.sync->stop();
  it.transfer->stop();
}

void DataPlane::on_key_created(const keys::KeyRecord& record) { impl_->keys.insert(record); }

void DataPlane::on_key_revoked(const KeyId& id) {
  impl_->keys.revoke(id);
  const auto* key = impl_->keys.find_by_id(id);
  if (key != nullptr && impl_->server) impl_->server->cut(*key);
}

void DataPlane::on_limit_set(const std::string& scope, const std::string& id,
                             std::optional<NanoUsd> limit) {
  if (auto* meter = impl_->make_meter(scope, id)) meter->set_limit(limit);
}

void DataPlane::on_routes_changed() {
  const auto published = impl_->publish();
  if (!published) {
    log(LogLevel::kError, "routes not published; calls go on with the last ones",
        {{"why", name(published.error().code)}});
  }
}

std::optional<limits::Meter::Reading> DataPlane::read_meter(const std::string& scope,
                                                            const std::string& id) const {
  const auto* meter = impl_->meter(scope, id);
  if (meter == nullptr) return std::nullopt;
  return meter->read();
}

std::optional<std::int64_t> DataPlane::last_used_unix_ms(const KeyId& id) const {
  const auto* key = impl_->keys.find_by_id(id);
  const auto used = key == nullptr ? 0 : key->last_used_unix_ms.load(std::memory_order_relaxed);
  if (used == 0) return std::nullopt;
  return used;
}

}  // namespace tg::cli
