// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "store/engine.h"

// PostgreSQL through libpq. One Tollgate at a time runs on a database (more exactly, on a schema of
// one): the writer's session holds an advisory lock, and nothing is written but through it.
namespace tg::store {

// kConfiguration: the address cannot be read. Does not connect.
[[nodiscard]] Result<std::unique_ptr<Engine>> make_postgresql_engine(const SecretBytes& address,
                                                                     std::string key_fingerprint);

// Texts are compared byte by byte, as SQLite does: each column of the type TEXT gets COLLATE "C".
[[nodiscard]] std::string with_byte_order(std::string_view sql);

}  // namespace tg::store
