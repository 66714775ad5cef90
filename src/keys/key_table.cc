// SPDX-License-Identifier: Apache-2.0
#include "keys/key_table.h"

#include <cstring>
#include <functional>
#include <string_view>

namespace tg::keys {
namespace {

// A piece is filled at once, used or not: small ones for a small table, then two huge pages.
constexpr std::size_t kKeysAPiece = 256;
constexpr std::size_t kKeysALargePiece = 2 * kHugePageBytes / sizeof(Key);

// A digest is evenly spread already: its first eight bytes are the hash.
std::uint64_t hash_of(const Digest& digest) noexcept {
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

std::uint64_t hash_of(std::string_view id) noexcept { return std::hash<std::string_view>{}(id); }

}  // namespace

std::optional<Code> Key::closed(std::int64_t now_unix_ms) const noexcept {
  if (revoked.load(std::memory_order_acquire)) return Code::kKeyInvalid;
  if (expires_unix_ms.load(std::memory_order_relaxed) <= now_unix_ms) return Code::kKeyExpired;
  if (paused.load(std::memory_order_relaxed)) return Code::kKeyPaused;
  if (parent != nullptr) return parent->closed(now_unix_ms);
  return std::nullopt;
}

KeyTable::KeyTable() = default;
KeyTable::~KeyTable() = default;

Secret* KeyTable::find(const Digest& digest) const noexcept {
  return by_digest_.find(hash_of(digest), [&digest](const Secret& secret) {
    // Where the caller looks next, if this is it and its key's first: on its way meanwhile.
    __builtin_prefetch(&secret + 1);
    return secret.digest == digest;
  });
}

Key* KeyTable::find_by_id(const KeyId& id) const noexcept {
  return by_id_.find(hash_of(id.text()),
                     [&id](const Key& key) { return key.id.view() == id.text(); });
}

Key& KeyTable::put(const KeyRecord& record) {
  const std::scoped_lock lock{mutex_};
  // Of a million keys, each of these is a wait for the memory: one for all.
  by_id_.prefetch(hash_of(record.id.text()));
  owners_by_id_.prefetch(hash_of(record.owner_id));
  for (const auto& secret : record.secrets) by_digest_.prefetch(hash_of(secret.digest));
  Key* known = find_by_id(record.id);
  if (known == nullptr) return add_locked(record);
  bring_locked(*known, record);
  return *known;
}

void KeyTable::drop_outgrown() {
  const std::scoped_lock lock{mutex_};
  by_digest_.drop_outgrown();
  by_id_.drop_outgrown();
}

Key& KeyTable::next_key_locked() {
  if (free_in_last_piece_ == 0) {
    free_in_last_piece_ = size_ < kKeysALargePiece ? kKeysAPiece : kKeysALargePiece;
    pieces_.emplace_back(free_in_last_piece_);
  }
  auto& piece = pieces_.back();
  ++size_;
  return piece[piece.size() - free_in_last_piece_--];
}

Key& KeyTable::add_locked(const KeyRecord& record) {
  Key& key = next_key_locked();
  key.id = record.id.text();
  key.kind = record.kind;
  key.organization = &organization_locked(record.organization_id);
  key.owner = &owner_locked(record.owner_id, *key.organization);
  key.parent = record.parent_id.empty() ? nullptr : find_by_id(record.parent_id);
  if (!record.project_id.empty()) {
    key.project = &project_locked(record.project_id, record.organization_id);
  }
  bring_locked(key, record);
  by_id_.insert(hash_of(record.id.text()), &key);
  return key;
}

void KeyTable::bring_locked(Key& key, const KeyRecord& record) {
  key.expires_unix_ms.store(record.expires_unix_ms, std::memory_order_relaxed);
  key.paused.store(record.paused, std::memory_order_relaxed);
  if (key.rules.load(std::memory_order_relaxed) != record.rules.get()) {
    if (record.rules) rules_.push_back(record.rules);
    key.rules.store(record.rules.get(), std::memory_order_release);
  }
  for (const auto& secret : record.secrets) {
    if (auto* known = find(secret.digest)) {
      known->ends_unix_ms.store(secret.ends_unix_ms, std::memory_order_relaxed);
    } else {
      add_secret_locked(key, secret);
    }
  }
}

void KeyTable::add_secret_locked(Key& key, const SecretRecord& record) {
  const bool is_first = key.first.key == nullptr;
  Secret& secret = is_first ? key.first : more_secrets_.emplace_back();
  secret.digest = record.digest;
  secret.key = &key;
  secret.ends_unix_ms.store(record.ends_unix_ms, std::memory_order_relaxed);
  if (!is_first) {
    secret.older = key.newest.load(std::memory_order_relaxed);
    key.newest.store(&secret, std::memory_order_release);
  }
  by_digest_.insert(hash_of(secret.digest), &secret);
}

bool KeyTable::revoke(const KeyId& id) {
  Key* key = find_by_id(id);
  return key != nullptr && !key->revoked.exchange(true, std::memory_order_release);
}

void KeyTable::note_use(Secret& secret, const Origin* origin, std::int64_t now_unix_ms) {
  secret.last_used_unix_ms.store(now_unix_ms, std::memory_order_relaxed);
  if (origin == nullptr || secret.last_origin.load(std::memory_order_relaxed) == origin) return;
  secret.last_origin.store(origin, std::memory_order_relaxed);
  origins_.note({.key = secret.key, .origin = origin});
}

void KeyTable::set_models(const ProjectId& id, const OrganizationId& organization_id,
                          std::shared_ptr<const ModelRules> models) {
  const std::scoped_lock lock{mutex_};
  project_locked(id, organization_id).models.store(models.get(), std::memory_order_release);
  if (models) model_rules_.push_back(std::move(models));
}

Organization& KeyTable::organization(const OrganizationId& id) {
  const std::scoped_lock lock{mutex_};
  return organization_locked(id);
}

Project& KeyTable::project(const ProjectId& id, const OrganizationId& organization_id) {
  const std::scoped_lock lock{mutex_};
  return project_locked(id, organization_id);
}

Owner& KeyTable::owner(std::string_view id, const OrganizationId& organization_id) {
  const std::scoped_lock lock{mutex_};
  return owner_locked(id, organization_locked(organization_id));
}

Owner* KeyTable::find_owner(std::string_view id, const OrganizationId& organization_id) const {
  return owners_by_id_.find(hash_of(id), [&](const Owner& owner) {
    return owner.id.view() == id && owner.organization.id == organization_id;
  });
}

Project* KeyTable::find_project(const ProjectId& id) const {
  const std::scoped_lock lock{mutex_};
  const auto found = projects_.find(id);
  return found == projects_.end() ? nullptr : found->second.get();
}

Organization* KeyTable::find_organization(const OrganizationId& id) const {
  const std::scoped_lock lock{mutex_};
  const auto found = organizations_.find(id);
  return found == organizations_.end() ? nullptr : found->second.get();
}

std::size_t KeyTable::size() const {
  const std::scoped_lock lock{mutex_};
  return size_;
}

Organization& KeyTable::organization_locked(const OrganizationId& id) {
  auto& organization = organizations_[id];
  if (!organization) organization = std::make_unique<Organization>(id);
  return *organization;
}

Project& KeyTable::project_locked(const ProjectId& id, const OrganizationId& organization_id) {
  auto& project = projects_[id];
  if (!project) project = std::make_unique<Project>(id, organization_locked(organization_id));
  return *project;
}

Owner& KeyTable::owner_locked(std::string_view id, const Organization& organization) {
  // A user of several organizations stands there as often.
  auto* known = owners_by_id_.find(hash_of(id), [&](const Owner& owner) {
    return &owner.organization == &organization && owner.id.view() == id;
  });
  if (known != nullptr) return *known;
  auto& owner = owners_.emplace_back(id, organization);
  owners_by_id_.insert(hash_of(id), &owner);
  return owner;
}

}  // namespace tg::keys
