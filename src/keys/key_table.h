// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "keys/digest.h"
#include "keys/key_format.h"
#include "limits/limit.h"

// All keys in memory, by digest: what every call asks first.
//
// Threading:  find() from any worker, without a lock. insert(), revoke() and the rest from control
//             threads, which a mutex orders among themselves.
// Lifetime:   entries, accounts and outgrown slot arrays live as long as the table. A revoked key
//             costs its entry until the next start, and readers need no grace period.
// Limits:     ≤ 200 bytes a key; two thirds of the slots filled at most.
namespace tg::keys {

// An organization, a project and an owner as the data plane needs them: a name to charge and the
// limits of it.
struct Organization {
  explicit Organization(OrganizationId organization_id) : id{std::move(organization_id)} {}
  const OrganizationId id;
  limits::LimitSet limits;
};

struct Project {
  Project(ProjectId project_id, Organization& of) : id{std::move(project_id)}, organization{of} {}
  const ProjectId id;
  Organization& organization;
  limits::LimitSet limits;
};

// A user in one organization, or a service account.
struct Owner {
  explicit Owner(std::string owner_id) : id{std::move(owner_id)} {}
  const std::string id;
  limits::LimitSet limits;
};

// What a key needs to be known by; made by control threads from the database.
struct KeyRecord {
  KeyId id;
  KeyKind kind = KeyKind::kProject;
  Digest digest{};
  OrganizationId organization_id;
  ProjectId project_id;  // empty for admin keys
  std::string owner_id;  // user or service account
  bool revoked = false;
};

struct Key {
  KeyId id;
  Digest digest;
  KeyKind kind;
  Project* project;  // null for admin keys
  Organization* organization;
  Owner* owner;
  limits::LimitSet limits;
  std::atomic<bool> revoked{false};
  std::atomic<std::int64_t> last_used_unix_ms{0};
};

class KeyTable {
 public:
  KeyTable();
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // The key with this digest, revoked or not; null when there is none. The caller checks `revoked`.
  [[nodiscard]] Key* find(const Digest& digest) const noexcept;

  // Returns the key, known already or new.
  Key& insert(const KeyRecord& record);
  // True if it was alive until now.
  bool revoke(const KeyId& id);

  // Null when unknown.
  [[nodiscard]] Key* find_by_id(const KeyId& id) const;
  Organization& organization(const OrganizationId& id);
  Project& project(const ProjectId& id, const OrganizationId& organization_id);
  // A user's limits hold in one organization: its keys elsewhere have an owner of their own.
  Owner& owner(const std::string& id, const OrganizationId& organization_id);
  [[nodiscard]] Project* find_project(const ProjectId& id) const;
  [[nodiscard]] Organization* find_organization(const OrganizationId& id) const;
  [[nodiscard]] Owner* find_owner(const std::string& id,
                                  const OrganizationId& organization_id) const;

  // Calls `visit(Key&)` for every key; for the thread that writes last uses down.
  template <typename Visit>
  void for_each(Visit visit) const {
    const std::scoped_lock lock{mutex_};
    for (const auto& [id, key] : by_id_) visit(*key);
  }

  [[nodiscard]] std::size_t size() const;

 private:
  struct Slot {
    Digest digest;
    std::atomic<Key*> key{nullptr};
  };
  struct Slots {
    explicit Slots(std::size_t count) : mask{count - 1}, slots(count) {}
    std::size_t mask;
    std::vector<Slot> slots;
  };

  Organization& organization_locked(const OrganizationId& id);
  Project& project_locked(const ProjectId& id, const OrganizationId& organization_id);
  Owner& owner_locked(const std::string& id, const OrganizationId& organization_id);
  void grow_locked();
  static void place(Slots& slots, const Digest& digest, Key* key);

  std::atomic<Slots*> current_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Slots>> arrays_;
  std::unordered_map<KeyId, std::unique_ptr<Key>> by_id_;
  std::unordered_map<ProjectId, std::unique_ptr<Project>> projects_;
  std::unordered_map<OrganizationId, std::unique_ptr<Organization>> organizations_;
  std::unordered_map<std::string, std::unique_ptr<Owner>> owners_;  // "organization/owner"
};

}  // namespace tg::keys
