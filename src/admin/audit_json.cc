// SPDX-License-Identifier: Apache-2.0
#include "admin/audit_json.h"

#include "identity/audit.h"

namespace tg::admin {
namespace {

using identity::ActorKind;
using identity::AuditHead;
using identity::AuditNames;
using identity::AuditRecord;

constexpr const char* kInstance = "instance";
constexpr const char* kEntryObject = "tollgate.audit_entry";
constexpr const char* kHeadObject = "tollgate.audit_head";

Json user_of(const std::string& id, const AuditNames& names) {
  Json user{{"id", id}};
  if (!names.email.empty()) user["email"] = names.email;
  return user;
}

Json session_of(const AuditRecord& record, const AuditNames& names) {
  auto session = Json::object();
  // The command line's user is the machine's: "uid:0".
  if (!record.actor.id.empty()) session["user"] = user_of(record.actor.id, names);
  if (!record.actor.address.empty()) session["ip_address"] = record.actor.address;
  return Json{{"type", "session"}, {"session", std::move(session)}};
}

Json actor_of(const AuditRecord& record, const AuditNames& names) {
  const auto& actor = record.actor;
  if (actor.kind == ActorKind::kSystem && actor.id.empty() && actor.address.empty()) return nullptr;
  if (actor.kind != ActorKind::kKey) return session_of(record, names);
  Json key{{"id", actor.id}, {"type", "user"}};
  if (!actor.user_id.empty()) key["user"] = user_of(actor.user_id, names);
  if (!actor.address.empty()) key["ip_address"] = actor.address;
  return Json{{"type", "api_key"}, {"api_key", std::move(key)}};
}

// Signing in and out say who in the actor.
bool has_id(const std::string& type) {
  return !type.starts_with("login.") && !type.starts_with("logout.");
}

Json payload_of(const identity::AuditEntry& entry) {
  auto payload = Json::object();
  if (has_id(entry.action) && !entry.target.empty()) payload["id"] = entry.target;
  const auto detail = Json::parse(entry.detail, nullptr, false);
  if (!detail.is_object()) return payload;  // it was altered, which `audit verify` tells
  for (const auto& [field, value] : detail.items()) {
    if (field != "id") payload[field] = value;
  }
  return payload;
}

AuditRecord parse_record(const Json& line) {
  AuditRecord record;
  record.chain = parse_audit_chain(line.at("chain"));
  record.sequence = line.at("sequence");
  record.chain_version = line.at("version");
  record.at = from_unix_ms(line.at("at_unix_ms").get<std::int64_t>());
  for (const auto kind : {ActorKind::kUser, ActorKind::kCli, ActorKind::kKey}) {
    if (line.at("actor_kind") == identity::name(kind)) record.actor.kind = kind;
  }
  record.actor.id = line.at("actor_id");
  record.actor.user_id = line.at("actor_user_id");
  record.actor.address = line.at("actor_address");
  record.entry = {.action = line.at("type"),
                  .target = line.at("target"),
                  .organization_id = line.at("organization_id"),
                  .detail = line.at("detail"),
                  .project_id = line.at("project_id")};
  record.previous_hash = line.at("previous_hash");
  record.hash = line.at("hash");
  return record;
}

AuditHead parse_head(const Json& line) {
  return {.chain = parse_audit_chain(line.at("chain")),
          .entries = line.at("entries"),
          .hash = line.at("hash"),
          .chains = line.at("chains"),
          .mac = line.at("seal")};
}

}  // namespace

std::string audit_chain_name(const std::string& chain) { return chain.empty() ? kInstance : chain; }
std::string parse_audit_chain(const std::string& name) {
  return name == kInstance ? std::string{} : name;
}

Json to_audit_log(const AuditRecord& record, const AuditNames& names) {
  const auto& entry = record.entry;
  Json log{{"id", identity::audit_id(record)},
           {"type", entry.action},
           {"effective_at", to_unix_s(record.at)}};
  if (!entry.project_id.empty()) {
    log["project"] = {{"id", entry.project_id}};
    if (!names.project_name.empty()) log["project"]["name"] = names.project_name;
  }
  log["actor"] = actor_of(record, names);
  log[entry.action] = payload_of(entry);
  return log;
}

Json to_export_line(const AuditRecord& record) {
  const auto& entry = record.entry;
  return Json{{"object", kEntryObject},
              {"chain", audit_chain_name(record.chain)},
              {"sequence", record.sequence},
              {"id", identity::audit_id(record)},
              {"version", record.chain_version},
              {"at_unix_ms", to_unix_ms(record.at)},
              {"actor_kind", identity::name(record.actor.kind)},
              {"actor_id", record.actor.id},
              {"actor_user_id", record.actor.user_id},
              {"actor_address", record.actor.address},
              {"organization_id", entry.organization_id},
              {"project_id", entry.project_id},
              {"type", entry.action},
              {"target", entry.target},
              {"detail", entry.detail},
              {"previous_hash", record.previous_hash},
              {"hash", record.hash}};
}

Json to_export_line(const AuditHead& head) {
  return Json{{"object", kHeadObject},   {"chain", audit_chain_name(head.chain)},
              {"entries", head.entries}, {"hash", head.hash},
              {"chains", head.chains},   {"seal", head.mac}};
}

Json to_json(const identity::AuditReport& report) {
  auto findings = Json::array();
  for (const auto& finding : report.findings) {
    findings.push_back({{"chain", audit_chain_name(finding.chain)},
                        {"sequence", finding.sequence},
                        {"what", finding.what}});
  }
  return Json{{"object", "tollgate.audit_report"},
              {"holds", report.findings.empty()},
              {"entries", report.entries},
              {"chains", report.chains},
              {"seals_checked", report.heads_sealed},
              {"findings", std::move(findings)}};
}

std::optional<AuditLine> parse_export_line(const std::string& line) {
  const auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    if (json.at("object") == kEntryObject) return parse_record(json);
    if (json.at("object") == kHeadObject) return parse_head(json);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace tg::admin
