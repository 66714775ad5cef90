// SPDX-License-Identifier: Apache-2.0
#include "store/engine.h"

#include "store/postgresql/postgresql_engine.h"
#include "store/sqlite/sqlite_engine.h"

namespace tg::store {

Result<std::unique_ptr<Engine>> make_engine(const DatabasePlace& place) {
  if (place.address == nullptr || !is_postgresql_address(place.address->reveal())) {
    return make_sqlite_engine(place.data_folder);
  }
  return make_postgresql_engine(*place.address, place.key_fingerprint);
}

}  // namespace tg::store
