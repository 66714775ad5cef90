// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "config/snapshot.h"
#include "net/client_certificate.h"

// Whose calls need a client's certificate (mutual TLS), and which ones are good for them. Replaced
// whole when a certificate is activated or deactivated, but for the trusts of those that it is not
// about; beside the snapshot, so that neither is built anew for the other.
//
// Threading:  never written after it was published (published.h).
namespace tg::gateway {

using ClientTrustPointer = std::shared_ptr<const net::ClientTrust>;

struct ClientTrusts {
  struct OfOrganization {
    ClientTrustPointer everywhere;  // null: projects that are not named below need none
    // With those that hold everywhere.
    std::unordered_map<std::string, ClientTrustPointer, config::StringHash, std::equal_to<>>
        by_project;
  };
  std::unordered_map<std::string, OfOrganization, config::StringHash, std::equal_to<>>
      by_organization;

  // Null: calls need no certificate.
  [[nodiscard]] const ClientTrustPointer* find(std::string_view organization_id,
                                               std::string_view project_id) const {
    if (by_organization.empty()) return nullptr;
    const auto organization = by_organization.find(organization_id);
    if (organization == by_organization.end()) return nullptr;
    const auto& of = organization->second;
    const auto project = of.by_project.find(project_id);
    if (project != of.by_project.end()) return &project->second;
    return of.everywhere ? &of.everywhere : nullptr;
  }
};

}  // namespace tg::gateway
