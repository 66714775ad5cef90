// SPDX-License-Identifier: Apache-2.0
#include "keys/key_table.h"

#include <cstring>

#include "base/result.h"

namespace tg::keys {
namespace {

constexpr std::size_t kSlotsAtFirst = 1024;

// A digest is evenly spread already: its first eight bytes are the hash.
std::size_t hash_of(const Digest& digest) noexcept {
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

}  // namespace

KeyTable::KeyTable() {
  arrays_.push_back(std::make_unique<Slots>(kSlotsAtFirst));
  current_.store(arrays_.back().get(), std::memory_order_release);
}

KeyTable::~KeyTable() = default;

Key* KeyTable::find(const Digest& digest) const noexcept {
  const Slots& slots = *current_.load(std::memory_order_acquire);
  // Ends at an empty slot, of which there is always one: a third of them are.
  for (auto at = hash_of(digest) & slots.mask;; at = (at + 1) & slots.mask) {
    const Slot& slot = slots.slots[at];
    Key* key = slot.key.load(std::memory_order_acquire);
    if (key == nullptr) return nullptr;
    if (slot.digest == digest) return key;
  }
}

Key& KeyTable::insert(const KeyRecord& record) {
  const std::scoped_lock lock{mutex_};
  if (const auto known = by_id_.find(record.id); known != by_id_.end()) return *known->second;
  if ((by_id_.size() + 1) * 3 > (current_.load(std::memory_order_relaxed)->mask + 1) * 2) {
    grow_locked();
  }
  auto key = std::make_unique<Key>();
  key->id = record.id;
  key->kind = record.kind;
  key->organization = &organization_locked(record.organization_id);
  key->project = record.project_id.empty()
                     ? nullptr
                     : &project_locked(record.project_id, record.organization_id);
  key->digest = record.digest;
  key->owner = &owner_locked(record.owner_id, record.organization_id);
  key->revoked.store(record.revoked, std::memory_order_relaxed);
  Key& inserted = *by_id_.emplace(record.id, std::move(key)).first->second;
  place(*current_.load(std::memory_order_relaxed), record.digest, &inserted);
  return inserted;
}

bool KeyTable::revoke(const KeyId& id) {
  Key* key = find_by_id(id);
  return key != nullptr && !key->revoked.exchange(true, std::memory_order_release);
}

Key* KeyTable::find_by_id(const KeyId& id) const {
  const std::scoped_lock lock{mutex_};
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second.get();
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
  return by_id_.size();
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

void KeyTable::grow_locked() {
  const Slots& old = *current_.load(std::memory_order_relaxed);
  auto larger = std::make_unique<Slots>((old.mask + 1) * 2);
  for (const auto& [id, key] : by_id_) place(*larger, key->digest, key.get());
  // Readers may still be in the old array: it stays, and all of them together are no larger than
  // the newest.
  arrays_.push_back(std::move(larger));
  current_.store(arrays_.back().get(), std::memory_order_release);
}

void KeyTable::place(Slots& slots, const Digest& digest, Key* key) {
  auto at = hash_of(digest) & slots.mask;
  while (slots.slots[at].key.load(std::memory_order_relaxed) != nullptr) at = (at + 1) & slots.mask;
  slots.slots[at].digest = digest;
  // A reader that sees the key sees its digest, too.
  slots.slots[at].key.store(key, std::memory_order_release);
}

}  // namespace tg::keys
