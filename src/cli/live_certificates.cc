// SPDX-License-Identifier: Apache-2.0
#include "cli/live_certificates.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"

namespace tg::cli {
namespace {

using Anchors = std::vector<std::string>;

gateway::ClientTrustPointer trust_in(const Anchors& anchors, const OrganizationId& organization) {
  auto trust = net::ClientTrust::make(anchors);
  if (trust) return *std::move(trust);
  log(LogLevel::kError, "certificates not read; calls that need them are refused",
      {{"organization", organization.text()}, {"why", name(trust.error().code)}});
  trust = net::ClientTrust::make({});
  TG_CHECK(trust.has_value());  // only memory could be missing
  return *std::move(trust);
}

gateway::ClientTrusts::OfOrganization trusts_of(const identity::ActiveCertificates& active) {
  Anchors everywhere;
  std::map<std::string, Anchors> by_project;
  for (const auto& anchor : active.anchors) {
    const bool is_everywhere = anchor.project_id.empty();
    (is_everywhere ? everywhere : by_project[anchor.project_id.text()]).push_back(anchor.pem);
  }
  gateway::ClientTrusts::OfOrganization trusts;
  if (!everywhere.empty()) trusts.everywhere = trust_in(everywhere, active.organization_id);
  for (auto& [project, anchors] : by_project) {
    anchors.insert(anchors.end(), everywhere.begin(), everywhere.end());
    trusts.by_project.emplace(project, trust_in(anchors, active.organization_id));
  }
  return trusts;
}

}  // namespace

Result<void> LiveCertificates::load() {
  TG_TRY(any_, identity::has_certificates(database_));
  TG_TRY(const auto all, identity::load_active_certificates(database_));
  for (const auto& active : all) set(active);
  return {};
}

void LiveCertificates::set(const identity::ActiveCertificates& active) {
  auto next = std::make_shared<gateway::ClientTrusts>(*trusts_.get());
  const auto& organization = active.organization_id.text();
  if (active.anchors.empty()) {
    next->by_organization.erase(organization);
  } else {
    next->by_organization.insert_or_assign(organization, trusts_of(active));
  }
  trusts_.publish(std::move(next));
}

}  // namespace tg::cli
