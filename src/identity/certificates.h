// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "identity/audit.h"
#include "store/database.h"

// Certificates that an organization trusts its callers' certificates by (mutual TLS). One that was
// uploaded does nothing until it is active, for the whole organization or for projects of it.
//
// Threading:  any control thread.
// Limits:     50 in an organization; names as is_display_name() in people.h, or none; 10 switched
//             at once, all of them or none.
// Errors:     kNotFound (another organization's too), kFieldInvalid (the name, the end of what
//             shall be activated), kConflict (uploaded already, too many, active still).
namespace tg::identity {

inline constexpr std::size_t kCertificatesSwitchedMax = 10;

// Where a certificate may be active.
struct CertificatePlace {
  OrganizationId organization_id;
  ProjectId project_id;  // empty: the whole organization
};

struct Certificate {
  std::string id;
  std::string name;  // empty: none
  std::string pem;
  WallTime valid_at;
  WallTime expires_at;
  WallTime created_at;
  bool active = false;  // in the place that was asked about
};

// What is known of one before it is uploaded (net/client_certificate.h reads it).
struct NewCertificate {
  std::string pem;
  std::string fingerprint;
  WallTime valid_at;
  WallTime expires_at;
};

// What calls of an organization must show.
struct ActiveCertificates {
  struct Anchor {
    std::string pem;
    ProjectId project_id;  // empty: in all projects
  };
  OrganizationId organization_id;
  std::vector<Anchor> anchors;  // none: nothing
};

// By age, the oldest first.
[[nodiscard]] Result<std::vector<Certificate>> list_certificates(store::Database& database,
                                                                 const CertificatePlace& place);
[[nodiscard]] Result<Certificate> find_certificate(store::Database& database,
                                                   const OrganizationId& organization_id,
                                                   const std::string& id);
[[nodiscard]] Result<Certificate> upload_certificate(store::Database& database,
                                                     const OrganizationId& organization_id,
                                                     const std::string& name,
                                                     const NewCertificate& uploaded,
                                                     const Actor& actor, WallTime now = wall_now());
[[nodiscard]] Result<Certificate> rename_certificate(store::Database& database,
                                                     const OrganizationId& organization_id,
                                                     const std::string& id, const std::string& name,
                                                     const Actor& actor, WallTime now = wall_now());
// Nowhere active.
[[nodiscard]] Result<void> delete_certificate(store::Database& database,
                                              const OrganizationId& organization_id,
                                              const std::string& id, const Actor& actor,
                                              WallTime now = wall_now());

struct SwitchedCertificates {
  std::vector<Certificate> certificates;  // in the order in which they were named
  ActiveCertificates active;              // what holds from now on
};
// What is so already stays so. kFieldInvalid names none of them in particular.
[[nodiscard]] Result<SwitchedCertificates> switch_certificates(store::Database& database,
                                                               const CertificatePlace& place,
                                                               const std::vector<std::string>& ids,
                                                               bool active, const Actor& actor,
                                                               WallTime now = wall_now());

// Of all organizations that have any.
[[nodiscard]] Result<std::vector<ActiveCertificates>> load_active_certificates(
    store::Database& database);
// Whether any organization has uploaded one.
[[nodiscard]] Result<bool> has_certificates(store::Database& database);

}  // namespace tg::identity
