// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "store/engine.h"

// SQLite in `tollgate.db` of the data folder, whose lock keeps other processes away.
namespace tg::store {

// "Toll" in ASCII: says in the file's header whose it is.
inline constexpr int kApplicationId = 0x546F6C6C;

[[nodiscard]] std::unique_ptr<Engine> make_sqlite_engine(const std::filesystem::path& data_folder);

}  // namespace tg::store
