// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/result.h"

namespace sqlite_api {
struct sqlite3;
}

// What this room needs of SQLite beneath SOCI. Nobody outside includes this.
//
// Threading:  a session belongs to one thread at a time.
namespace tg::store {

// May create an empty file; sets nothing in it. kConfiguration for a path that cannot be opened.
[[nodiscard]] Result<std::unique_ptr<soci::session>> open_session(
    const std::filesystem::path& file);

[[nodiscard]] sqlite_api::sqlite3* sqlite_connection_of(soci::session& session) noexcept;

// Any number of statements, which SOCI cannot run at once. Never throws.
[[nodiscard]] Result<void> run_sqlite_script(soci::session& session, const char* sql) noexcept;

// What SQLite finds wrong with its pages, indexes and references; empty: nothing.
[[nodiscard]] Result<std::string> find_sqlite_damage(soci::session& session);

// Logged, where it was SQLite that threw.
[[nodiscard]] std::optional<Error> sqlite_error_of(const std::exception& thrown) noexcept;

}  // namespace tg::store
