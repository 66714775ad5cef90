// SPDX-License-Identifier: Apache-2.0
#include "keys/key_table.h"

#include <cstring>

#include "base/result.h"

namespace tg::keys {
namespace {

constexpr std::size_t kSlotsAtFirst = 1024;

// A digest is evenly spread already: its first eight bytes are the hash.
std::uint64_t hash_of(const Digest& digest) noexcept {
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

}  // namespace

std::optional<Code> Key::closed(std::int64_t now_unix_ms) const noexcept {
  if (revoked.load(std::memory_order_acquire)) return Code::kKeyInvalid;
  if (expires_unix_ms.load(std::memory_order_relaxed) <= now_unix_ms) return Code::kKeyExpired;
  if (paused.load(std::memory_order_relaxed)) return Code::kKeyPaused;
  if (parent != nullptr) return parent->closed(now_unix_ms);
  return std::nullopt;
}

KeyTable::KeyTable() {
  arrays_.push_back(std::make_unique<Slots>(kSlotsAtFirst));
  current_.store(arrays_.back().get(), std::memory_order_release);
}

KeyTable::~KeyTable() = default;

Secret* KeyTable::find(const Digest& digest) const noexcept {
  const Slots& slots = *current_.load(std::memory_order_acquire);
  const auto hash = hash_of(digest);
  // Ends at an empty slot, of which there is always one: a third of them are.
  for (auto at = hash & slots.mask;; at = (at + 1) & slots.mask) {
    const Slot& slot = slots.slots[at];
    Secret* secret = slot.secret.load(std::memory_order_acquire);
    if (secret == nullptr) return nullptr;
    if (slot.hash == hash && secret->digest == digest) return secret;
  }
}

void KeyTable::reserve(std::size_t keys) {
  const std::scoped_lock lock{mutex_};
  grow_locked(keys);
  by_id_.reserve(keys);
}

Key& KeyTable::put(const KeyRecord& record) {
  const std::scoped_lock lock{mutex_};
  Key* known = find_locked(record.id.text());
  if (known == nullptr) return add_locked(record);
  bring_locked(*known, record);
  return *known;
}

Key& KeyTable::add_locked(const KeyRecord& record) {
  Key& key = keys_.emplace_back();
  key.id = record.id.text();
  key.kind = record.kind;
  key.organization = &organization_locked(record.organization_id);
  key.owner = &owner_locked(record.owner_id, record.organization_id);
  key.parent = record.parent_id.empty() ? nullptr : find_locked(record.parent_id.text());
  if (!record.project_id.empty()) {
    key.project = &project_locked(record.project_id, record.organization_id);
  }
  by_id_.insert(&key);
  bring_locked(key, record);
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
  grow_locked(++secret_count_);
  place(*current_.load(std::memory_order_relaxed), &secret);
}

bool KeyTable::revoke(const KeyId& id) {
  Key* key = find_by_id(id);
  return key != nullptr && !key->revoked.exchange(true, std::memory_order_release);
}

void KeyTable::note_use(Secret& secret, const Origin* origin, std::int64_t now_unix_ms) {
  secret.last_used_unix_ms.store(now_unix_ms, std::memory_order_relaxed);
  if (secret.last_origin.load(std::memory_order_relaxed) == origin) return;
  secret.last_origin.store(origin, std::memory_order_relaxed);
  origins_.note({.key = secret.key, .origin = origin});
}

void KeyTable::set_models(const ProjectId& id, const OrganizationId& organization_id,
                          std::shared_ptr<const ModelRules> models) {
  const std::scoped_lock lock{mutex_};
  project_locked(id, organization_id).models.store(models.get(), std::memory_order_release);
  if (models) model_rules_.push_back(std::move(models));
}

Key* KeyTable::find_by_id(const KeyId& id) const {
  const std::scoped_lock lock{mutex_};
  return find_locked(id.text());
}

Key* KeyTable::find_locked(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : *found;
}

Organization& KeyTable::organization(const OrganizationId& id) {
  const std::scoped_lock lock{mutex_};
  return organization_locked(id);
}

Project& KeyTable::project(const ProjectId& id, const OrganizationId& organization_id) {
  const std::scoped_lock lock{mutex_};
  return project_locked(id, organization_id);
}

Owner& KeyTable::owner(const std::string& id, const OrganizationId& organization_id) {
  const std::scoped_lock lock{mutex_};
  return owner_locked(id, organization_id);
}

Owner* KeyTable::find_owner(const std::string& id, const OrganizationId& organization_id) const {
  const std::scoped_lock lock{mutex_};
  const auto found = owners_.find(organization_id.text() + '/' + id);
  return found == owners_.end() ? nullptr : found->second.get();
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
  return keys_.size();
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

Owner& KeyTable::owner_locked(const std::string& id, const OrganizationId& organization_id) {
  auto& owner = owners_[organization_id.text() + '/' + id];
  if (!owner) owner = std::make_unique<Owner>(id);
  return *owner;
}

void KeyTable::grow_locked(std::size_t secrets) {
  const Slots& old = *current_.load(std::memory_order_relaxed);
  auto count = old.mask + 1;
  while (secrets * 3 > count * 2) count *= 2;
  if (count == old.mask + 1) return;
  auto larger = std::make_unique<Slots>(count);
  for (const auto& slot : old.slots) {
    if (auto* secret = slot.secret.load(std::memory_order_relaxed)) place(*larger, secret);
  }
  // Readers may still be in the old array: it stays, and all of them together are no larger than
  // the newest.
  arrays_.push_back(std::move(larger));
  current_.store(arrays_.back().get(), std::memory_order_release);
}

void KeyTable::place(Slots& slots, Secret* secret) {
  const auto hash = hash_of(secret->digest);
  auto at = hash & slots.mask;
  while (slots.slots[at].secret.load(std::memory_order_relaxed) != nullptr) {
    at = (at + 1) & slots.mask;
  }
  slots.slots[at].hash = hash;
  // A reader that sees the secret sees its hash and digest, too.
  slots.slots[at].secret.store(secret, std::memory_order_release);
}

}  // namespace tg::keys
