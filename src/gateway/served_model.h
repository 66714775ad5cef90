// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "config/snapshot.h"

// What answered, beside what was asked for: providers put another model in the place of one that is
// gone or busy, and routers choose for themselves. What was served is what is paid for.
//
// Threading:  pure, on a snapshot that is never written.
namespace tg::gateway {

struct ServedModel {
  bool mismatch = false;  // what answered is another model
  // Whose prices hold then; null: nobody says what that model costs at this provider, or the one
  // that was asked is a deployment with a name and a price of the operator's, and answers by the
  // name of what runs in it.
  std::shared_ptr<const config::Model> prices;
};

// `asked`: the client's name for it; `served`: the answer's, "" where it says none.
[[nodiscard]] ServedModel find_served(const config::Snapshot& snapshot,
                                      const config::Target& target, std::string_view asked,
                                      std::string_view served);

}  // namespace tg::gateway
