// SPDX-License-Identifier: Apache-2.0
#include "cli/data_plane.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "admin/limit_reading.h"
#include "base/log.h"
#include "cli/last_use_writer.h"
#include "cli/live_credits.h"
#include "cli/live_limits.h"
#include "cli/price_clock.h"
#include "cli/version.h"
#include "gateway/background.h"
#include "gateway/server.h"
#include "identity/keys.h"
#include "identity/project_models.h"
#include "ledger/broken_targets.h"
#include "ledger/journal_sync.h"
#include "ledger/object_book.h"
#include "ledger/transfer.h"
#include "providers/price_sheets.h"
#include "providers/snapshot_builder.h"
#include "tokens/ready_tokenizers.h"

namespace tg::cli {
namespace {

// Those that gateway_options() and `drain` read.
constexpr auto kLiveSettings = std::to_array<std::string_view>({
    "log_calls",
    "tell_target",
    "body_bytes_max",
    "upload_bytes_max",
    "upload_memory_bytes_max",
    "worker_calls_max",
    "worker_body_bytes_max",
    "worker_lag_max_ms",
    "connections_max",
    "head_timeout_ms",
    "body_timeout_ms",
    "idle_timeout_ms",
    "upstream_connect_timeout_ms",
    "upstream_timeout_ms",
    "upstream_idle_timeout_ms",
    "stream_keep_alive_ms",
    "limit_wait_ms",
    "calls_kept_days",
    "drain_ms",
});

gateway::Options gateway_options(const config::Settings& settings, int workers) {
  gateway::Options options;
  options.json_body_bytes_max = settings.body_bytes_max;
  options.form_body_bytes_max = settings.upload_bytes_max;
  options.form_memory_bytes_max = settings.upload_memory_bytes_max;
  options.connections_max =
      static_cast<std::size_t>(std::max(1, settings.connections_max / workers));
  options.tell_target = settings.tell_target;
  options.log_calls = settings.log_calls;
  options.running_calls_max = settings.worker_calls_max;
  options.body_bytes_in_memory_max = settings.worker_body_bytes_max;
  options.lag_max = settings.worker_lag_max;
  options.head_timeout = settings.head_timeout;
  options.body_idle_timeout = settings.body_timeout;
  options.keep_alive_timeout = settings.idle_timeout;
  options.connect_timeout = settings.upstream_connect_timeout;
  options.first_byte_timeout = settings.upstream_timeout;
  options.answer_idle_timeout = settings.upstream_idle_timeout;
  options.stream_keep_alive = settings.stream_keep_alive;
  options.limit_wait = settings.limit_wait;
  return options;
}

using SnapshotCell = config::Published<config::Snapshot>;

}  // namespace

class DataPlane::Impl {
 public:
  explicit Impl(const Parts& given)
      : parts{given},
        limits{given.database, keys},
        credits{given.database, keys},
        snapshot{std::make_shared<const config::Snapshot>()},
        drain{given.settings.drain},
        last_uses{given.database, keys} {}

  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<void> load_keys();
  [[nodiscard]] Result<void> load_broken_targets();
  [[nodiscard]] Result<void> publish();
  void publish_or_log();
  [[nodiscard]] const limits::LimitSet& credit_of(const ledger::Admission& admission);
  [[nodiscard]] std::shared_ptr<const config::Model> model_of(const ledger::Admission& admission);
  [[nodiscard]] Result<void> hold_open_work();
  void load_tokenizers();
  [[nodiscard]] gateway::WorkFacts facts_of(const ledger::OpenWork& work);

  const Parts parts;
  keys::KeyTable keys;
  LiveLimits limits;
  LiveCredits credits;
  config::TargetStates target_states;
  SnapshotCell snapshot;
  std::mutex publishing;  // so that what was read later is published later
  std::set<std::int64_t> kept_price_sheets;
  std::uint32_t epoch = 0;
  std::chrono::milliseconds drain;
  LastUseWriter last_uses;
  std::unique_ptr<net::TlsContext> tls;
  tokens::ReadyTokenizers tokenizers;
  gateway::TokenDrift token_drift;
  std::unique_ptr<gateway::ControlPool> control;
  std::unique_ptr<gateway::SpillArea> spill;
  std::unique_ptr<gateway::Shared> shared;
  std::unique_ptr<gateway::Server> server;
  std::unique_ptr<ledger::JournalSync> sync;
  std::unique_ptr<ledger::Transfer> transfer;
  std::unique_ptr<ledger::ObjectBook> objects;
  PriceClock price_clock{[this] { publish_or_log(); }};
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
  TG_TRY_DONE(limits.load());
  TG_TRY_DONE(credits.load());
  TG_TRY_DONE(load_broken_targets());
  TG_TRY_DONE(publish());
  TG_TRY(tls, net::TlsContext::open(parts.settings.upstream_ca_file.string(),
                                    parts.settings.upstream_proxy));
  return {};
}

Result<void> DataPlane::Impl::load_keys() {
  TG_TRY_DONE(identity::load_keys(parts.database,
                                  [this](const keys::KeyRecord& record) { keys.put(record); }));
  keys.drop_outgrown();
  TG_TRY(const auto models, identity::load_project_models(parts.database));
  for (const auto& of : models) keys.set_models(of.project_id, of.organization_id, of.rules);
  return {};
}

Result<void> DataPlane::Impl::load_broken_targets() {
  TG_TRY(const auto broken, ledger::broken_targets(parts.database));
  for (const auto& target : broken) {
    target_states.of(ProviderId{target.provider_id}, target.upstream_model)
        ->set_broke_its_word(true);
  }
  return {};
}

Result<void> DataPlane::Impl::publish() {
  const std::scoped_lock lock{publishing};
  TG_TRY(auto built, providers::build_snapshot(parts.database, parts.folder.master_key(),
                                               *parts.catalogue, &target_states));
  TG_TRY_DONE(providers::keep_price_sheets(parts.database, built->price_sheets, kept_price_sheets));
  price_clock.set(built->prices_change_at);
  snapshot.publish(std::move(built));
  return {};
}

void DataPlane::Impl::publish_or_log() {
  if (const auto published = publish(); !published) {
    log(LogLevel::kError, "routes not published; calls go on with the last ones",
        {{"why", name(published.error().code)}});
    price_clock.try_again();
  }
}

std::span<const std::string_view> live_settings() noexcept { return kLiveSettings; }

DataPlane::DataPlane(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
DataPlane::~DataPlane() = default;

Result<std::unique_ptr<DataPlane>> DataPlane::open(const Parts& parts) {
  auto impl = std::make_unique<Impl>(parts);
  TG_TRY_DONE(impl->load());
  return std::unique_ptr<DataPlane>{new DataPlane{std::move(impl)}};
}

Result<std::uint16_t> DataPlane::listen(gateway::ControlPool::Handler handler,
                                        SecretBytes metrics_token) {
  Impl& it = *impl_;
  const auto& settings = it.parts.settings;
  it.control = std::make_unique<gateway::ControlPool>(std::move(handler));
  const auto journal_folder = it.parts.folder.journal_folder();
  if (settings.durability != config::Durability::kProcess) {
    it.sync = std::make_unique<ledger::JournalSync>(journal_folder);
  }
  it.shared = std::make_unique<gateway::Shared>(
      it.keys, it.parts.folder.pepper(), it.snapshot, *it.tls, *it.control,
      gateway_options(settings, settings.workers), it.sync.get(),
      settings.durability == config::Durability::kCall);
  it.shared->metrics_token = std::move(metrics_token);
  it.shared->version = kVersion;
  it.shared->tokenizers = &it.tokenizers;
  it.shared->token_drift = &it.token_drift;
  TG_TRY(it.spill, gateway::SpillArea::open(it.parts.folder.path() / "spill",
                                            settings.upload_disk_bytes_max));
  it.shared->spill = it.spill.get();
  gateway::ServerOptions options;
  options.listen = {settings.listen_host, settings.listen_port};
  options.tls = it.parts.tls;
  options.workers = static_cast<std::uint16_t>(settings.workers);
  options.journal.folder = journal_folder;
  options.journal.epoch = it.epoch;
  options.journal.bytes_max = settings.journal_bytes_max;
  TG_TRY(it.server, gateway::Server::open(*it.shared, options));

  it.transfer = std::make_unique<ledger::Transfer>(it.parts.database, journal_folder, it.epoch,
                                                   options.workers);
  it.transfer->keep_calls(std::chrono::days{settings.calls_kept_days});
  it.objects = std::make_unique<ledger::ObjectBook>(it.parts.database, *it.transfer);
  it.shared->objects = it.objects.get();
  TG_TRY_DONE(it.hold_open_work());
  it.limits.start_enforcing();
  it.credits.start_enforcing();
  it.credits.connect(*it.server, *it.transfer);
  return it.server->port();
}

// What earlier servers began and did not see to its end.
Result<void> DataPlane::Impl::hold_open_work() {
  TG_TRY(const auto works, ledger::list_open_work(parts.database));
  for (const auto& work : works) server->take_again(facts_of(work));
  if (!works.empty()) log(LogLevel::kInfo, "work goes on upstream", {{"works", works.size()}});
  return {};
}

gateway::WorkFacts DataPlane::Impl::facts_of(const ledger::OpenWork& work) {
  static const limits::LimitSet kNone;  // of a key that is no more
  gateway::WorkFacts facts{.about = work};
  const auto& admission = work.admission;
  const OrganizationId organization{admission.organization_id.str()};
  const auto* key = keys.find_by_id(KeyId{admission.key_id.str()});
  facts.terms.endpoint = admission.endpoint;
  facts.terms.owners = {key == nullptr ? &kNone : &key->limits,
                        &keys.owner(admission.owner_id, organization).limits,
                        &keys.project(ProjectId{admission.project_id.str()}, organization).limits,
                        &keys.organization(organization).limits,
                        &credit_of(admission),
                        key == nullptr || key->parent == nullptr ? nullptr : &key->parent->limits};
  facts.request.model = admission.model;
  facts.request.service_tier = work.tier.str();
  facts.model = model_of(admission);
  facts.terms.charge_factor_millionths = admission.charge_factor_millionths;
  if (admission.charge_price_id != 0) {
    const auto sheet = providers::find_price_sheet(parts.database, admission.charge_price_id);
    if (sheet && *sheet) facts.charge_model = (*sheet)->model;
  }
  return facts;
}

void DataPlane::set_listener(ledger::Transfer::Listener listener) {
  impl_->transfer->set_listener(std::move(listener));
}

void DataPlane::set_on_credit_ended(
    std::function<void(const std::vector<ledger::CreditOwner>& owners)> on_ended) {
  impl_->credits.set_on_ended(std::move(on_ended));
}

// That it was let in with.
const limits::LimitSet& DataPlane::Impl::credit_of(const ledger::Admission& admission) {
  static const limits::LimitSet kNone;
  const OrganizationId organization{admission.organization_id.str()};
  switch (admission.credit_of) {
    case ledger::CreditOf::kNobody: return kNone;
    case ledger::CreditOf::kOrganization: return keys.organization(organization).credit;
    case ledger::CreditOf::kProject:
      return keys.project(ProjectId{admission.project_id.str()}, organization).credit;
  }
  return kNone;
}

// With the prices that it was let in with, and what is known of it else.
std::shared_ptr<const config::Model> DataPlane::Impl::model_of(const ledger::Admission& admission) {
  std::shared_ptr<const config::Model> model;
  const auto now = snapshot.get();
  if (const auto* route = now->find_route(admission.model)) model = route->targets.front().model;
  const auto known = now->models.find(admission.model);
  if (!model && known != now->models.end()) model = known->second;
  if (admission.price_id == 0 || (model && model->price_id == admission.price_id)) return model;
  const auto sheet = providers::find_price_sheet(parts.database, admission.price_id);
  if (!sheet || !*sheet) return model;
  auto priced = std::make_shared<config::Model>(*(*sheet)->model);
  if (model) {
    priced->input_tokens_max = model->input_tokens_max;
    priced->output_tokens_max = model->output_tokens_max;
    priced->reasons = model->reasons;
  }
  return priced;
}

void DataPlane::start() {
  if (impl_->sync) impl_->sync->start();
  impl_->transfer->start();
  impl_->last_uses.start();
  impl_->price_clock.start();
  impl_->server->start();
  impl_->credits.start();
  if (!impl_->control->submit([it = impl_.get()] { it->load_tokenizers(); })) {
    log(LogLevel::kWarning, "no vocabulary is loaded: the control threads are busy");
  }
}

void DataPlane::set_tls(const std::shared_ptr<const net::ServerTls>& tls) {
  impl_->server->set_tls(tls);
}

void DataPlane::apply(const config::Settings& settings) {
  impl_->drain = settings.drain;
  // Their number was settled at start.
  impl_->server->set_options(gateway_options(settings, impl_->parts.settings.workers));
  impl_->transfer->keep_calls(std::chrono::days{settings.calls_kept_days});
}

void DataPlane::stop() {
  Impl& it = *impl_;
  it.price_clock.stop();
  it.credits.stop();
  it.server->drain(std::chrono::steady_clock::now() + it.drain);
  it.control->stop();
  // Before the workers are gone, to whom it answers.
  if (it.sync) it.sync->stop();
  it.server.reset();  // closes the journals
  it.last_uses.stop();
  if (it.sync) {
    // Where SQL is away the journal is all there is. Said in the log if it fails.
    (void)ledger::SyncPass{ledger::real_disk(), it.parts.folder.journal_folder()}.run();
  }
  it.transfer->stop();
}

void DataPlane::on_key_changed(const keys::KeyRecord& record) { impl_->keys.put(record); }

void DataPlane::on_key_revoked(const KeyId& id) {
  impl_->keys.revoke(id);
  const auto* key = impl_->keys.find_by_id(id);
  if (key != nullptr && impl_->server) impl_->server->cut(*key);
}

Result<void> DataPlane::on_limit_set(const identity::LimitChange& change) {
  return impl_->limits.set(change, *impl_->server, *impl_->transfer);
}

void DataPlane::on_limit_removed(const identity::LimitRecord& record) {
  impl_->limits.remove(record);
}

Result<void> DataPlane::on_credit_changed(const ledger::CreditChange& change,
                                          const std::function<Result<void>()>& act) {
  return impl_->credits.change(change, act);
}

std::optional<limits::Reading> DataPlane::read_credit(const ledger::CreditOwner& owner) const {
  return impl_->credits.read(owner);
}

void DataPlane::on_routes_changed() {
  impl_->publish_or_log();
  impl_->load_tokenizers();
}

// Those of the models that are served: who counts must not wait for it.
void DataPlane::Impl::load_tokenizers() {
  const auto now = snapshot.get();
  for (const auto& [asked, route] : now->routes) {
    for (const auto& target : route.targets) {
      const auto encoding = tokens::encoding_of_model(target.upstream_model);
      if (encoding && tokenizers.find(*encoding) == nullptr) tokenizers.load(*encoding);
    }
  }
}

std::optional<limits::Reading> DataPlane::read_limit(const identity::LimitRecord& record) const {
  return impl_->limits.read(record);
}

Result<admin::LiveKey> DataPlane::use_key(const keys::Digest& digest, std::string_view address,
                                          std::string_view client) {
  auto* secret = impl_->keys.find(digest);
  if (secret == nullptr) return fail(Code::kKeyInvalid);
  const auto& key = *secret->key;
  const auto now_unix_ms = to_unix_ms(wall_now());
  if (const auto closed = key.closed(now_unix_ms)) return fail(*closed);
  if (secret->ends_unix_ms.load(std::memory_order_relaxed) <= now_unix_ms) {
    return fail(Code::kKeyInvalid);
  }
  const auto* rules = key.rules.load(std::memory_order_acquire);
  if (rules != nullptr && !rules->allows_address(std::string{address})) {
    return fail(Code::kAddressNotAllowed);
  }
  impl_->keys.note_use(*secret, impl_->keys.origins().of(address, client), now_unix_ms);
  return admin::LiveKey{.id = KeyId{key.id.str()},
                        .kind = key.kind,
                        .organization_id = key.organization->id,
                        .project_id = key.project == nullptr ? ProjectId{} : key.project->id,
                        .owner_id = key.owner->id.str(),
                        .parent_id = KeyId{key.parent == nullptr ? "" : key.parent->id.str()}};
}

std::optional<admin::LiveUse> DataPlane::last_use(const KeyId& id) const {
  const auto* key = impl_->keys.find_by_id(id);
  if (key == nullptr) return std::nullopt;
  const auto& secret = *key->newest.load(std::memory_order_acquire);
  const auto used = secret.last_used_unix_ms.load(std::memory_order_relaxed);
  if (used == 0) return std::nullopt;
  const auto* origin = secret.last_origin.load(std::memory_order_relaxed);
  return admin::LiveUse{.unix_ms = used,
                        .address = origin == nullptr ? "" : origin->address,
                        .client = origin == nullptr ? "" : origin->client};
}

void DataPlane::on_models_changed(const identity::ProjectModels& models) {
  impl_->keys.set_models(models.project_id, models.organization_id, models.rules);
}

Result<void> DataPlane::at_cut(const ActAtCut& act) {
  Impl& it = *impl_;
  if (!it.server || !it.transfer) return fail(Code::kShuttingDown);
  std::vector<ledger::JournalPosition> cut;
  const auto take_cut = [&] { return cut = it.server->at_rest([] {}); };
  return it.transfer->at_cut(take_cut, [&] { return act(cut); });
}

Result<ledger::VerifyReport> DataPlane::verify_ledger() {
  Impl& it = *impl_;
  if (!it.server || !it.transfer) return fail(Code::kShuttingDown);
  ledger::VerifyOptions options{.journal_folder = it.parts.folder.journal_folder(),
                                .running = true};
  const auto take_cut = [&] {
    return it.server->at_rest([&] {
      const auto now = wall_now();
      options.live_credit = it.credits.standing();
      it.limits.for_each([&](const identity::LimitRecord& record, const limits::Limit& limit) {
        options.live.push_back({.spender = admin::spender_of(record),
                                .rule = record.rule,
                                .counts_from = limit.counts_from(now),
                                .spent = limit.read(now).spent});
      });
    });
  };
  ledger::VerifyReport report;
  TG_TRY_DONE(it.transfer->at_cut(take_cut, [&]() -> Result<void> {
    TG_TRY(report, ledger::verify_ledger(it.parts.database, options));
    return {};
  }));
  return report;
}

}  // namespace tg::cli
