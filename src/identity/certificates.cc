// SPDX-License-Identifier: Apache-2.0
#include "identity/certificates.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/people.h"
#include "identity/rows.h"

namespace tg::identity {
namespace {

using Json = nlohmann::json;

constexpr long long kCertificatesMax = 50;
// Of an audit entry's detail, which has 16 KiB with all that stands beside it.
constexpr std::size_t kAuditedBytesMax = 15 << 10;

struct CertificateRow {
  Certificate certificate;
  long long valid_unix_ms = 0, expires_unix_ms = 0, created_unix_ms = 0, active = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(certificate.id));
    select.exchange(soci::into(certificate.name));
    select.exchange(soci::into(certificate.pem));
    select.exchange(soci::into(valid_unix_ms));
    select.exchange(soci::into(expires_unix_ms));
    select.exchange(soci::into(created_unix_ms));
    select.exchange(soci::into(active));
  }
  [[nodiscard]] Certificate item() const {
    auto item = certificate;
    item.valid_at = from_unix_ms(valid_unix_ms);
    item.expires_at = from_unix_ms(expires_unix_ms);
    item.created_at = from_unix_ms(created_unix_ms);
    item.active = active > 0;
    return item;
  }
};

std::vector<Certificate> select_certificates(soci::session& session, const CertificatePlace& place,
                                             const std::string& condition = "",
                                             const std::vector<std::string>& more = {}) {
  std::vector<std::string> values{place.project_id.text(), place.organization_id.text()};
  values.insert(values.end(), more.begin(), more.end());
  return select_rows<CertificateRow>(
      session,
      "SELECT c.id, c.name, c.content, c.valid_unix_ms, c.expires_unix_ms, c.created_unix_ms,"
      " (SELECT count(*) FROM active_certificates a"
      "  WHERE a.certificate_id = c.id AND a.project_id = :project)"
      " FROM certificates c WHERE c.organization_id = :organization" +
          condition + " ORDER BY c.created_unix_ms, c.id",
      values);
}

Result<Certificate> read_certificate(soci::session& session, const CertificatePlace& place,
                                     const std::string& id) {
  auto found = select_certificates(session, place, " AND c.id = :id", {id});
  if (found.empty()) return fail(Code::kNotFound, "there is no such certificate");
  return std::move(found.front());
}

Result<void> check_name(const std::string& name) {
  if (name.empty() || is_display_name(name)) return {};
  return fail(Code::kFieldInvalid, "a certificate's name must be 1 to 256 bytes of plain text");
}

Json name_of(const Certificate& certificate) {
  return certificate.name.empty() ? Json(nullptr) : Json(certificate.name);
}

Result<void> append(soci::session& session, const Actor& actor, const char* action,
                    const OrganizationId& organization_id, const std::string& id,
                    const Json& detail, WallTime now) {
  return append_audit(session, actor,
                      {.action = action,
                       .target = id,
                       .organization_id = organization_id.text(),
                       .detail = detail.dump()},
                      now);
}

struct AnchorRow {
  std::string organization_id, pem, project_id;
  void bind(soci::statement& select) {
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(pem));
    select.exchange(soci::into(project_id));
  }
  [[nodiscard]] AnchorRow item() const { return *this; }
};

constexpr auto* kSelectAnchors =
    "SELECT c.organization_id, c.content, a.project_id FROM active_certificates a"
    " JOIN certificates c ON c.id = a.certificate_id";
constexpr auto* kByOrganization = " ORDER BY c.organization_id, a.project_id, c.id";

ActiveCertificates::Anchor anchor_of(const AnchorRow& row) {
  return {.pem = row.pem, .project_id = ProjectId{row.project_id}};
}

ActiveCertificates read_active(soci::session& session, const OrganizationId& organization_id) {
  ActiveCertificates active{.organization_id = organization_id, .anchors = {}};
  const auto query =
      std::string{kSelectAnchors} + " WHERE c.organization_id = :organization" + kByOrganization;
  for (const auto& row : select_rows<AnchorRow>(session, query, {organization_id.text()})) {
    active.anchors.push_back(anchor_of(row));
  }
  return active;
}

void set_active(soci::session& session, const CertificatePlace& place, const std::string& id,
                bool active, WallTime now) {
  if (!active) {
    execute(session,
            "DELETE FROM active_certificates WHERE certificate_id = :id AND project_id = :project",
            {id, place.project_id.text()});
    return;
  }
  const long long now_ms = to_unix_ms(now);
  session << "INSERT INTO active_certificates (certificate_id, project_id, activated_unix_ms)"
             " VALUES (:id, :project, :now)",
      soci::use(id), soci::use(place.project_id.text()), soci::use(now_ms);
}

// With those that changed; nothing where none did.
Result<void> append_switch(soci::session& session, const CertificatePlace& place,
                           const std::vector<Certificate>& changed, bool active, const Actor& actor,
                           WallTime now) {
  if (changed.empty()) return {};
  auto names = Json::array();
  for (const auto& each : changed) names.push_back({{"id", each.id}, {"name", name_of(each)}});
  const bool whole = place.project_id.empty();
  return append_audit(session, actor,
                      {.action = active ? "certificates.activated" : "certificates.deactivated",
                       .target = whole ? place.organization_id.text() : place.project_id.text(),
                       .organization_id = place.organization_id.text(),
                       .detail = Json{{"certificates", names}}.dump(),
                       .project_id = place.project_id.text()},
                      now);
}

Result<void> check_switch(const Certificate& certificate, bool active, WallTime now) {
  if (!active || certificate.expires_at > now) return {};
  return fail(Code::kFieldInvalid,
              "a certificate among them has expired, so every call would be refused");
}

}  // namespace

Result<std::vector<Certificate>> list_certificates(store::Database& database,
                                                   const CertificatePlace& place) {
  std::vector<Certificate> certificates;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    certificates = select_certificates(session, place);
    return {};
  }));
  return certificates;
}

Result<Certificate> find_certificate(store::Database& database,
                                     const OrganizationId& organization_id, const std::string& id) {
  Certificate certificate;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    TG_TRY(certificate, read_certificate(session, {organization_id, {}}, id));
    return {};
  }));
  return certificate;
}

Result<Certificate> upload_certificate(store::Database& database,
                                       const OrganizationId& organization_id,
                                       const std::string& name, const NewCertificate& uploaded,
                                       const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_name(name));
  Certificate certificate{.id = make_id("cert_"),
                          .name = name,
                          .pem = uploaded.pem,
                          .valid_at = uploaded.valid_at,
                          .expires_at = uploaded.expires_at,
                          .created_at = now};
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    const auto& organization = organization_id.text();
    if (count_rows(session,
                   "SELECT count(*) FROM certificates"
                   " WHERE organization_id = :organization AND fingerprint = :fingerprint",
                   {organization, uploaded.fingerprint}) > 0) {
      return fail(Code::kConflict, "the organization has this certificate already");
    }
    if (count_rows(session,
                   "SELECT count(*) FROM certificates WHERE organization_id = :organization",
                   {organization}) >= kCertificatesMax) {
      return fail(Code::kConflict, "an organization has 50 certificates at most; delete one");
    }
    const long long valid_ms = to_unix_ms(certificate.valid_at);
    const long long expires_ms = to_unix_ms(certificate.expires_at);
    const long long now_ms = to_unix_ms(now);
    session
        << "INSERT INTO certificates (id, organization_id, name, content, fingerprint,"
           " valid_unix_ms, expires_unix_ms, created_unix_ms)"
           " VALUES (:id, :organization, :name, :content, :fingerprint, :valid, :expires, :now)",
        soci::use(certificate.id), soci::use(organization), soci::use(name),
        soci::use(certificate.pem), soci::use(uploaded.fingerprint), soci::use(valid_ms),
        soci::use(expires_ms), soci::use(now_ms);
    return append(session, actor, "certificate.created", organization_id, certificate.id,
                  {{"name", name_of(certificate)}}, now);
  }));
  return certificate;
}

Result<Certificate> rename_certificate(store::Database& database,
                                       const OrganizationId& organization_id, const std::string& id,
                                       const std::string& name, const Actor& actor, WallTime now) {
  TG_TRY_DONE(check_name(name));
  Certificate certificate;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(certificate, read_certificate(session, {organization_id, {}}, id));
    if (certificate.name == name) return {};
    const Json before{{"name", name_of(certificate)}};
    certificate.name = name;
    execute(session, "UPDATE certificates SET name = :name WHERE id = :id", {name, id});
    return append(session, actor, "certificate.updated", organization_id, id,
                  {{"name", name_of(certificate)}, {"before", before}}, now);
  }));
  return certificate;
}

Result<void> delete_certificate(store::Database& database, const OrganizationId& organization_id,
                                const std::string& id, const Actor& actor, WallTime now) {
  return database.write([&](soci::session& session) -> Result<void> {
    TG_TRY(const auto certificate, read_certificate(session, {organization_id, {}}, id));
    if (count_rows(session, "SELECT count(*) FROM active_certificates WHERE certificate_id = :id",
                   {id}) > 0) {
      return fail(Code::kConflict,
                  "the certificate is active; deactivate it for the organization and for all "
                  "projects first");
    }
    execute(session, "DELETE FROM certificates WHERE id = :id", {id});
    Json detail{{"name", name_of(certificate)}};
    if (certificate.pem.size() <= kAuditedBytesMax) detail["certificate"] = certificate.pem;
    return append(session, actor, "certificate.deleted", organization_id, id, detail, now);
  });
}

Result<SwitchedCertificates> switch_certificates(store::Database& database,
                                                 const CertificatePlace& place,
                                                 const std::vector<std::string>& ids, bool active,
                                                 const Actor& actor, WallTime now) {
  if (ids.empty() || ids.size() > kCertificatesSwitchedMax) {
    return fail(Code::kFieldInvalid, "1 to 10 certificates are switched at once");
  }
  SwitchedCertificates switched;
  TG_TRY_DONE(database.write([&](soci::session& session) -> Result<void> {
    std::vector<Certificate> changed;
    for (const auto& id : ids) {
      // Read after what came before it was switched: an id that stands twice is switched once.
      TG_TRY(auto certificate, read_certificate(session, place, id));
      if (certificate.active != active) {
        TG_TRY_DONE(check_switch(certificate, active, now));
        set_active(session, place, id, active, now);
        certificate.active = active;
        changed.push_back(certificate);
      }
      if (std::ranges::find(switched.certificates, id, &Certificate::id) ==
          switched.certificates.end()) {
        switched.certificates.push_back(std::move(certificate));
      }
    }
    switched.active = read_active(session, place.organization_id);
    return append_switch(session, place, changed, active, actor, now);
  }));
  return switched;
}

Result<std::vector<ActiveCertificates>> load_active_certificates(store::Database& database) {
  std::vector<ActiveCertificates> all;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    for (const auto& row :
         select_rows<AnchorRow>(session, std::string{kSelectAnchors} + kByOrganization, {})) {
      if (all.empty() || all.back().organization_id.text() != row.organization_id) {
        all.push_back({.organization_id = OrganizationId{row.organization_id}, .anchors = {}});
      }
      all.back().anchors.push_back(anchor_of(row));
    }
    return {};
  }));
  return all;
}

Result<bool> has_certificates(store::Database& database) {
  long long count = 0;
  TG_TRY_DONE(database.read([&](soci::session& session) -> Result<void> {
    count = count_rows(session, "SELECT count(*) FROM certificates", {});
    return {};
  }));
  return count > 0;
}

}  // namespace tg::identity
