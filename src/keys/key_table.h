// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/huge_pages.h"
#include "base/ids.h"
#include "base/short_text.h"
#include "keys/digest.h"
#include "keys/key_format.h"
#include "keys/key_rules.h"
#include "keys/origins.h"
#include "keys/pointer_table.h"
#include "limits/limit.h"

// All keys in memory, by digest: what every call asks first.
//
// Threading:  find() and find_by_id() from any thread, without a lock. put(), revoke() and the rest
//             from control threads, which a mutex orders among themselves.
// Lifetime:   entries, rules, accounts and outgrown slot arrays live as long as the table. A
//             revoked key costs its entry until the next start, and readers need no grace period.
// Limits:     ≤ 300 bytes a key, all told, where there are a million.
namespace tg::keys {

// An organization, a project and an owner as the data plane needs them: a name to charge and the
// limits of it.
struct Organization {
  explicit Organization(OrganizationId organization_id) : id{std::move(organization_id)} {}
  const OrganizationId id;
  limits::LimitSet limits;
  limits::LimitSet credit;  // that it was granted, as one limit; empty: it is billed
};

struct Project {
  Project(ProjectId project_id, Organization& of) : id{std::move(project_id)}, organization{of} {}
  const ProjectId id;
  Organization& organization;
  limits::LimitSet limits;
  limits::LimitSet credit;  // of its own, in the place of its organization's; empty: none
  std::atomic<const ModelRules*> models{nullptr};  // null: all

  [[nodiscard]] bool has_credit() const noexcept { return !credit.limits().empty(); }
  // A project with credit of its own spends that, and no other's.
  [[nodiscard]] const limits::LimitSet& paying_credit() const noexcept {
    return has_credit() ? credit : organization.credit;
  }
};

// A user in one organization, or a service account.
struct Owner {
  Owner(std::string_view owner_id, const Organization& of) : id{owner_id}, organization{of} {}
  const ShortText id;
  const Organization& organization;
  limits::LimitSet limits;
};

inline constexpr std::int64_t kNever = INT64_MAX;

// A secret as the database knows it.
struct SecretRecord {
  Digest digest{};
  std::int64_t ends_unix_ms = kNever;  // after a rotation: how long the old one still opens
};

// What a key needs to be known by; made by control threads from the database.
struct KeyRecord {
  KeyId id;
  KeyKind kind = KeyKind::kProject;
  std::vector<SecretRecord> secrets;
  OrganizationId organization_id;
  ProjectId project_id;  // empty for admin keys
  std::string owner_id;  // user or service account
  KeyId parent_id;       // empty but for child keys; the parent is in the table before them
  std::int64_t expires_unix_ms = kNever;
  bool paused = false;
  std::shared_ptr<const KeyRules> rules;  // null: none
};

struct Secret {
  Digest digest{};
  Key* key = nullptr;
  Secret* older = nullptr;  // of the same key
  std::atomic<std::int64_t> ends_unix_ms{kNever};
  std::atomic<std::int64_t> last_used_unix_ms{0};
  std::atomic<const Origin*> last_origin{nullptr};
};

// In the order in which a call asks, so that it finds each answer in the line of memory that it has
// or in the next.
struct alignas(64) Key {
  Secret first;
  KeyKind kind = KeyKind::kProject;
  std::atomic<bool> revoked{false};
  std::atomic<bool> paused{false};
  std::atomic<std::int64_t> expires_unix_ms{kNever};
  Key* parent = nullptr;
  std::atomic<const KeyRules*> rules{nullptr};  // null: none
  Project* project = nullptr;                   // null for admin keys
  Organization* organization = nullptr;
  Owner* owner = nullptr;
  ShortText id;
  limits::LimitSet limits;
  std::atomic<Secret*> newest{&first};

  // Why it opens nothing at this time: kKeyInvalid (revoked), kKeyExpired, kKeyPaused. A child goes
  // with its parent.
  [[nodiscard]] std::optional<Code> closed(std::int64_t now_unix_ms) const noexcept;
};
static_assert(sizeof(Key) == 192);  // three lines of memory; a million of them

class KeyTable {
 public:
  KeyTable();
  ~KeyTable();
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  // The secret with this digest, whatever has become of it and its key; null when there is none.
  // The caller asks closed() and the secret's end.
  [[nodiscard]] Secret* find(const Digest& digest) const noexcept;

  // Adds the key, or brings a known one to what the record says; never revives one.
  Key& put(const KeyRecord& record);
  // After the first keys and before the first find(): gives back what they have outgrown.
  void drop_outgrown();
  // True if it was alive until now.
  bool revoke(const KeyId& id);
  // Null: all.
  void set_models(const ProjectId& id, const OrganizationId& organization_id,
                  std::shared_ptr<const ModelRules> models);

  // Null when unknown.
  [[nodiscard]] Key* find_by_id(const KeyId& id) const noexcept;
  Organization& organization(const OrganizationId& id);
  Project& project(const ProjectId& id, const OrganizationId& organization_id);
  // A user's limits hold in one organization: its keys elsewhere have an owner of their own.
  Owner& owner(std::string_view id, const OrganizationId& organization_id);
  [[nodiscard]] Project* find_project(const ProjectId& id) const;
  [[nodiscard]] Organization* find_organization(const OrganizationId& id) const;
  [[nodiscard]] Owner* find_owner(std::string_view id, const OrganizationId& organization_id) const;

  // From any worker; remembers when and from where a secret was used last.
  void note_use(Secret& secret, const Origin* origin, std::int64_t now_unix_ms);

  // Where keys are used from.
  [[nodiscard]] Origins& origins() noexcept { return origins_; }

  // Calls `visit(Key&)` for every key; for the thread that writes last uses down.
  template <typename Visit>
  void for_each(Visit visit) const {
    const std::scoped_lock lock{mutex_};
    for (const auto& piece : pieces_) {
      const auto used = piece.size() - (&piece == &pieces_.back() ? free_in_last_piece_ : 0);
      for (const auto& key : std::span{piece}.first(used)) visit(key);
    }
  }

  [[nodiscard]] std::size_t size() const;

 private:
  // Keys beside each other in a few pieces of memory, so that they never move.
  using Piece = std::vector<Key, HugePageAllocator<Key>>;

  Key& add_locked(const KeyRecord& record);
  void bring_locked(Key& key, const KeyRecord& record);
  void add_secret_locked(Key& key, const SecretRecord& record);
  Key& next_key_locked();
  Organization& organization_locked(const OrganizationId& id);
  Project& project_locked(const ProjectId& id, const OrganizationId& organization_id);
  Owner& owner_locked(std::string_view id, const Organization& organization);

  PointerTable<Secret> by_digest_;
  PointerTable<Key> by_id_;
  mutable std::mutex mutex_;
  std::vector<Piece> pieces_;
  std::size_t free_in_last_piece_ = 0;
  std::size_t size_ = 0;
  std::deque<Secret> more_secrets_;                     // but for each key's first
  std::vector<std::shared_ptr<const KeyRules>> rules_;  // whatever a reader may still look at
  std::vector<std::shared_ptr<const ModelRules>> model_rules_;
  std::unordered_map<ProjectId, std::unique_ptr<Project>> projects_;
  std::unordered_map<OrganizationId, std::unique_ptr<Organization>> organizations_;
  PointerTable<Owner> owners_by_id_;
  std::deque<Owner> owners_;
  Origins origins_;
};

}  // namespace tg::keys
