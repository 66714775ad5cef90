// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <random>

#include "identity/audit_query.h"
#include "identity/audit_verify.h"
#include "identity/test_instance.h"

// Whatever somebody does to the rows of the audit log, verifying shows it.
namespace tg::identity {
namespace {

class AuditAttackTest : public TestInstance {
 protected:
  static constexpr const char* kChains[] = {"", "org-1", "org-2", "org-3"};

  AuditAttackTest() {
    database().set_seal_key(SecretBytes{std::string_view{"the pepper of this test, 32 byte"}});
  }

  int any(int least, int most) { return std::uniform_int_distribution{least, most}(chance_); }
  std::string any_chain() { return kChains[any(0, 3)]; }

  void append_some() {
    TG_CHECK(database()
                 .write([&](soci::session& session) -> Result<void> {
                   for (int i = any(1, 6); i > 0; --i) {
                     TG_TRY_DONE(append_audit(
                         session, {.kind = ActorKind::kKey, .id = "key_1", .user_id = "user-1"},
                         {.action = "project.updated",
                          .target = fmt::format("proj_{}", any(1, 9)),
                          .organization_id = any_chain(),
                          .detail = fmt::format(R"({{"n":{}}})", any(1, 1000))},
                         kStart + std::chrono::milliseconds{any(0, 1000)}));
                   }
                   return {};
                 })
                 .has_value());
  }

  // The rows as one text: an attack that happens to change nothing is none.
  std::string everything() {
    std::string text;
    for (const auto& record : list_audit(database()).value()) {
      text += fmt::format("{}|{}|{}|{}|{}|{}|{}\n", record.chain, record.sequence,
                          record.entry.detail, record.entry.target, to_unix_ms(record.at),
                          record.previous_hash, record.hash);
    }
    for (const auto& head : list_audit_heads(database()).value()) {
      text += fmt::format("{}|{}|{}|{}|{}\n", head.chain, head.entries, head.hash, head.chains,
                          head.mac);
    }
    return text;
  }

  std::string row_of(const std::string& chain) {
    return fmt::format("chain = '{}' AND sequence = {}", chain, any(1, 6));
  }

  // Each as somebody would who knows how chains work, but not the key.
  std::string attack() {
    const auto chain = any_chain();
    switch (any(0, 8)) {
      case 0: return fmt::format("UPDATE audit_log SET detail = '{{}}' WHERE {}", row_of(chain));
      case 1: return fmt::format("UPDATE audit_log SET target = 'x' WHERE {}", row_of(chain));
      case 2: return fmt::format("DELETE FROM audit_log WHERE {}", row_of(chain));
      case 3:
        return fmt::format("DELETE FROM audit_log WHERE chain = '{}' AND sequence > {}", chain,
                           any(0, 5));
      case 4: return fmt::format("DELETE FROM audit_log WHERE chain = '{}'", chain);
      case 5: return fmt::format("DELETE FROM audit_heads WHERE chain = '{}'", chain);
      case 6:
        return fmt::format(
            "UPDATE audit_heads SET entries = entries - 1, hash = COALESCE((SELECT previous_hash"
            " FROM audit_log l WHERE l.chain = audit_heads.chain AND l.sequence = entries), '')"
            " WHERE chain = '{}'",
            chain);
      case 7:
        return fmt::format("UPDATE audit_log SET sequence = -sequence WHERE {}", row_of(chain));
      default:
        return fmt::format("UPDATE audit_log SET at_unix_ms = at_unix_ms - 1 WHERE {}",
                           row_of(chain));
    }
  }

  std::mt19937 chance_;
};

TEST_F(AuditAttackTest, NoMixtureOfChangesGoesUnnoticedNorIsCoveredUpLater) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  RecordProperty("seed", static_cast<int>(seed));
  chance_.seed(seed);
  for (int round = 0; round < 40; ++round) {
    run_sql("DELETE FROM audit_log");
    run_sql("DELETE FROM audit_heads");
    for (int i = any(1, 5); i > 0; --i) append_some();
    ASSERT_TRUE(check_audit(database())->findings.empty());
    const auto before = everything();
    std::string attacks;
    for (int i = any(1, 3); i > 0; --i) {
      attacks += attack() + ";\n";
      run_sql(attacks.substr(attacks.rfind('\n', attacks.size() - 2) + 1));
    }
    if (everything() == before || everything().empty()) continue;
    ASSERT_FALSE(check_audit(database())->findings.empty()) << attacks;
    append_some();
    ASSERT_FALSE(check_audit(database())->findings.empty()) << "covered up: " << attacks;
  }
}

}  // namespace
}  // namespace tg::identity
