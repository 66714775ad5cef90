// SPDX-License-Identifier: Apache-2.0
#include "admin/backup_manifest.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "base/files.h"
#include "base/keyed_hash.h"
#include "ledger/segment.h"
#include "store/database.h"

namespace tg::admin {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kManifestBytesMax = 4 << 20;  // 256 workers' segments, many times over
constexpr std::string_view kJournalPrefix = "journal/";

std::string seal_of(const std::string& text, const SecretBytes& pepper) {
  return keyed_hash(pepper, "tollgate backup 1\n" + text);
}

// Nothing that a manifest names lies outside of its folder.
bool is_known_name(std::string_view name) {
  if (name == store::kDatabaseFileName) return true;
  if (!name.starts_with(kJournalPrefix)) return false;
  const auto file = name.substr(kJournalPrefix.size());
  const auto segment = ledger::parse_file_name(file);
  return segment && ledger::file_name(*segment) == file;
}

Json to_json(const BackupManifest& manifest) {
  auto files = Json::array();
  for (const auto& file : manifest.files) {
    files.push_back(
        Json{{"name", file.name}, {"bytes", file.sum.bytes}, {"blake2b", file.sum.hash}});
  }
  return Json{{"object", "tollgate.backup"},
              {"format", kFormat},
              {"tollgate_version", manifest.tollgate_version},
              {"schema_version", manifest.schema_version},
              {"created_unix_ms", to_unix_ms(manifest.created_at)},
              {"pepper_check", manifest.checks.pepper},
              {"master_key_check", manifest.checks.master_key},
              {"files", std::move(files)}};
}

// Throws where a field is missing or of another type.
std::optional<BackupManifest> parse(const Json& json) {
  if (json.at("object") != "tollgate.backup") return std::nullopt;
  BackupManifest manifest{
      .tollgate_version = json.at("tollgate_version").get<std::string>(),
      .schema_version = json.at("schema_version").get<int>(),
      .created_at = from_unix_ms(json.at("created_unix_ms").get<std::int64_t>()),
      .checks = {.pepper = json.at("pepper_check").get<std::string>(),
                 .master_key = json.at("master_key_check").get<std::string>()},
      .files = {}};
  for (const auto& file : json.at("files")) {
    const auto name = file.at("name").get<std::string>();
    if (!is_known_name(name)) return std::nullopt;
    manifest.files.push_back({.name = name,
                              .sum = {.bytes = file.at("bytes").get<std::uint64_t>(),
                                      .hash = file.at("blake2b").get<std::string>()}});
  }
  if (manifest.files.empty() || manifest.files.front().name != store::kDatabaseFileName) {
    return std::nullopt;
  }
  return manifest;
}

std::unexpected<ApiError> damaged(const std::filesystem::path& backup) {
  return refuse(
      Code::kCorrupt,
      fmt::format("{} is damaged or was altered; nothing was changed. Use another backup.",
                  (backup / kManifestName).string()),
      "backup");
}

}  // namespace

ApiResult<void> write_manifest(const std::filesystem::path& backup, const BackupManifest& manifest,
                               const SecretBytes& pepper) {
  auto json = to_json(manifest);
  json["seal"] = seal_of(json.dump(), pepper);
  const auto written = create_private_file(backup / kManifestName, json.dump(2) + "\n");
  if (written) return {};
  return refuse(written.error().code,
                fmt::format("The backup's manifest cannot be written: {}.",
                            std::generic_category().message(written.error().system_errno)));
}

ApiResult<ReadManifest> read_manifest(const std::filesystem::path& backup) {
  const auto bytes = read_file(backup / kManifestName, kManifestBytesMax);
  if (!bytes) {
    return refuse(Code::kNotFound,
                  fmt::format("{} is no backup that 'tollgate backup' has finished: it has no {}.",
                              backup.string(), kManifestName),
                  "backup");
  }
  auto json = Json::parse(*bytes, nullptr, false);
  if (!json.is_object()) return damaged(backup);
  try {
    if (json.at("format").get<int>() > kFormat) {
      return refuse(Code::kConfiguration,
                    "This backup was made by a newer Tollgate; nothing was changed. Restore it "
                    "with that one.",
                    "backup");
    }
    ReadManifest read;
    read.seal = json.at("seal").get<std::string>();
    auto manifest = parse(json);
    if (!manifest) return damaged(backup);
    read.manifest = *std::move(manifest);
    json.erase("seal");
    read.sealed_text = json.dump();
    return read;
  } catch (const Json::exception&) {
    return damaged(backup);
  }
}

ApiResult<void> check_seal(const ReadManifest& read, const SecretBytes& pepper) {
  if (read.seal == seal_of(read.sealed_text, pepper)) return {};
  return refuse(Code::kCorrupt,
                "The backup's manifest is damaged or was altered; nothing was changed. Use another "
                "backup.",
                "backup");
}

}  // namespace tg::admin
