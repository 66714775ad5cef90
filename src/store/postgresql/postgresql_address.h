// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret_bytes.h"

// The setting `database`, `postgresql://user:password@host:port/name?sslmode=…`, as libpq reads it,
// with deadlines for what it leaves open.
//
// Errors:     kConfiguration, and never a part of the address, which may hold the password where
//             one of its characters was not percent-encoded.
namespace tg::store {

struct PostgresqlAddress {
  std::string uri;    // with the password: wiped by whoever is done with it
  std::string place;  // "127.0.0.1:5432/tollgate", for people
};

[[nodiscard]] Result<PostgresqlAddress> parse_postgresql_address(const SecretBytes& address);

}  // namespace tg::store
