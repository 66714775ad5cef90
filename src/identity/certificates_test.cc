// SPDX-License-Identifier: Apache-2.0
#include "identity/certificates.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "identity/audit.h"
#include "identity/organizations.h"
#include "identity/test_instance.h"

namespace tg::identity {
namespace {

using std::chrono::hours;

class CertificatesTest : public TestInstance {
 protected:
  CertificatesTest() : owner_{make_owner()} {}

  [[nodiscard]] const OrganizationId& organization() const { return owner_.organization_id; }
  [[nodiscard]] CertificatePlace everywhere() const { return {organization(), {}}; }
  [[nodiscard]] CertificatePlace in_project() const {
    return {organization(), owner_.default_project_id};
  }

  static NewCertificate new_certificate(const std::string& about) {
    return {.pem = "PEM of " + about,
            .fingerprint = "fingerprint of " + about,
            .valid_at = kStart - hours{1},
            .expires_at = kStart + hours{1}};
  }
  Result<Certificate> upload(const std::string& about, const std::string& name = "",
                             WallTime now = kStart) {
    return upload_certificate(database(), organization(), name, new_certificate(about), {}, now);
  }
  std::string uploaded(const std::string& about, WallTime now = kStart) {
    return upload(about, "", now).value().id;
  }
  Result<SwitchedCertificates> set(const CertificatePlace& place,
                                   const std::vector<std::string>& ids, bool active,
                                   WallTime now = kStart) {
    return switch_certificates(database(), place, ids, active, {}, now);
  }
  std::vector<std::string> active_in(const CertificatePlace& place) {
    std::vector<std::string> ids;
    for (const auto& each : list_certificates(database(), place).value()) {
      if (each.active) ids.push_back(each.id);
    }
    return ids;
  }
  std::vector<AuditRecord> audited(const std::string& action) {
    auto records = list_audit(database()).value();
    std::erase_if(records,
                  [&](const AuditRecord& record) { return record.entry.action != action; });
    return records;
  }

  User owner_;
};

TEST_F(CertificatesTest, OneIsMadeReadRenamedAndDeleted) {
  const auto made = upload("root", "Our root").value();
  EXPECT_TRUE(made.id.starts_with("cert_"));
  const auto found = find_certificate(database(), organization(), made.id).value();
  EXPECT_EQ(found.name, "Our root");
  EXPECT_EQ(found.pem, "PEM of root");
  EXPECT_EQ(found.valid_at, kStart - hours{1});
  EXPECT_EQ(found.expires_at, kStart + hours{1});
  EXPECT_EQ(found.created_at, kStart);
  EXPECT_TRUE(has_certificates(database()).value());
  EXPECT_EQ(rename_certificate(database(), organization(), made.id, "Root 2026", {}, kStart)->name,
            "Root 2026");
  EXPECT_EQ(rename_certificate(database(), organization(), made.id, "", {}, kStart)->name, "");
  EXPECT_TRUE(delete_certificate(database(), organization(), made.id, {}, kStart));
  EXPECT_EQ(code_of(find_certificate(database(), organization(), made.id)), Code::kNotFound);
  EXPECT_FALSE(has_certificates(database()).value());
}

TEST_F(CertificatesTest, WhatIsUploadedHasBounds) {
  EXPECT_EQ(code_of(upload("root", std::string(257, 'n'))), Code::kFieldInvalid);
  EXPECT_EQ(code_of(upload("root", "two\nlines")), Code::kFieldInvalid);
  for (int i = 0; i < 50; ++i) uploaded(std::to_string(i));
  EXPECT_EQ(code_of(upload("7")), Code::kConflict) << "it is there already";
  EXPECT_EQ(code_of(upload("50")), Code::kConflict) << "there are 50";
  EXPECT_EQ(list_certificates(database(), everywhere())->size(), 50U);
}

TEST_F(CertificatesTest, SwitchingIsAllOrNothingAndIdempotent) {
  const auto one = uploaded("one");
  const auto two = uploaded("two", kStart + hours{0} + std::chrono::milliseconds{1});
  const auto both = set(everywhere(), {two, one, two}, true).value();
  ASSERT_EQ(both.certificates.size(), 2U);
  EXPECT_EQ(both.certificates.front().id, two);
  EXPECT_TRUE(both.certificates.front().active);
  EXPECT_EQ(both.active.anchors.size(), 2U);
  EXPECT_EQ(active_in(everywhere()), (std::vector{one, two}));
  EXPECT_TRUE(active_in(in_project()).empty()) << "that is another place";
  EXPECT_TRUE(set(everywhere(), {one}, true));
  EXPECT_EQ(audited("certificates.activated").size(), 1U) << "nothing changed the second time";

  EXPECT_EQ(code_of(set(everywhere(), {one, "cert_unknown"}, false)), Code::kNotFound);
  EXPECT_EQ(active_in(everywhere()).size(), 2U);
  const std::vector<std::string> eleven(11, one);
  EXPECT_EQ(code_of(set(everywhere(), eleven, false)), Code::kFieldInvalid);
  EXPECT_EQ(code_of(set(everywhere(), {}, false)), Code::kFieldInvalid);

  EXPECT_EQ(set(everywhere(), {one, two}, false)->active.anchors.size(), 0U);
  EXPECT_TRUE(set(everywhere(), {one}, false));
  EXPECT_EQ(audited("certificates.deactivated").size(), 1U);
}

TEST_F(CertificatesTest, NothingThatHasExpiredIsActivated) {
  const auto id = uploaded("root");
  const auto late = kStart + hours{1};
  EXPECT_EQ(code_of(set(everywhere(), {id}, true, late)), Code::kFieldInvalid);
  ASSERT_TRUE(set(everywhere(), {id}, true));
  EXPECT_TRUE(set(everywhere(), {id}, true, late)) << "it was active before";
  EXPECT_TRUE(set(everywhere(), {id}, false, late));
}

TEST_F(CertificatesTest, WhatIsActiveSomewhereIsNotDeleted) {
  const auto id = uploaded("root");
  ASSERT_TRUE(set(in_project(), {id}, true));
  EXPECT_EQ(code_of(delete_certificate(database(), organization(), id, {}, kStart)),
            Code::kConflict);
  ASSERT_TRUE(set(in_project(), {id}, false));
  EXPECT_TRUE(delete_certificate(database(), organization(), id, {}, kStart));
}

TEST_F(CertificatesTest, AnotherOrganizationsAreNotThere) {
  run_sql("INSERT INTO organizations (id, name, created_unix_ms) VALUES ('org-other', 'O', 0)");
  const OrganizationId other{"org-other"};
  const auto foreign =
      upload_certificate(database(), other, "", new_certificate("root"), {}, kStart).value().id;
  EXPECT_TRUE(upload("root")) << "both may have the same";
  EXPECT_EQ(code_of(find_certificate(database(), organization(), foreign)), Code::kNotFound);
  EXPECT_EQ(code_of(set(everywhere(), {foreign}, true)), Code::kNotFound);
  EXPECT_EQ(code_of(rename_certificate(database(), organization(), foreign, "x", {}, kStart)),
            Code::kNotFound);
  EXPECT_EQ(code_of(delete_certificate(database(), organization(), foreign, {}, kStart)),
            Code::kNotFound);
}

TEST_F(CertificatesTest, TheyGoWithTheirOrganization) {
  const OrganizationId other =
      create_organization(database(), "Other", owner_.id, {}, kStart).value();
  const auto id =
      upload_certificate(database(), other, "", new_certificate("root"), {}, kStart).value().id;
  ASSERT_TRUE(switch_certificates(database(), {other, {}}, {id}, true, {}, kStart));
  ASSERT_TRUE(delete_organization(database(), other, {}, kStart));
  EXPECT_FALSE(has_certificates(database()).value());
  EXPECT_TRUE(load_active_certificates(database())->empty());
}

TEST_F(CertificatesTest, AStartReadsWhatIsActive) {
  EXPECT_TRUE(load_active_certificates(database())->empty());
  const auto one = uploaded("one");
  const auto two = uploaded("two");
  uploaded("three");
  ASSERT_TRUE(set(everywhere(), {one}, true));
  const auto now = set(in_project(), {one, two}, true)->active;
  const auto all = load_active_certificates(database()).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.front().organization_id, organization());
  ASSERT_EQ(all.front().anchors.size(), 3U);
  EXPECT_EQ(now.anchors.size(), 3U);
  EXPECT_EQ(std::ranges::count(all.front().anchors, "PEM of one", &ActiveCertificates::Anchor::pem),
            2);
  EXPECT_EQ(std::ranges::count(all.front().anchors, owner_.default_project_id,
                               &ActiveCertificates::Anchor::project_id),
            2);
}

TEST_F(CertificatesTest, TheLogSaysWhatAndWhere) {
  const auto id = upload("root", "Root").value().id;
  EXPECT_EQ(audited("certificate.created").front().entry.target, id);
  ASSERT_TRUE(set(in_project(), {id}, true));
  const auto switched = audited("certificates.activated").front().entry;
  EXPECT_EQ(switched.project_id, owner_.default_project_id.text());
  EXPECT_EQ(nlohmann::json::parse(switched.detail),
            (nlohmann::json{{"certificates", {{{"id", id}, {"name", "Root"}}}}}));
  ASSERT_TRUE(set(in_project(), {id}, false));
  ASSERT_TRUE(delete_certificate(database(), organization(), id, {}, kStart));
  const auto deleted = nlohmann::json::parse(audited("certificate.deleted").front().entry.detail);
  EXPECT_EQ(deleted["name"], "Root");
  EXPECT_EQ(deleted["certificate"], "PEM of root");
}

}  // namespace
}  // namespace tg::identity
