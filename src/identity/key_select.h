// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "identity/keys.h"
#include "identity/pages.h"

namespace soci {
class session;
}

// How this room reads keys inside a transaction. Theirs alone who implement keys.h.
namespace tg::identity {

// `condition` stands behind FROM and has one parameter for each of the values, in their order; "k"
// is the key.
[[nodiscard]] Result<std::vector<KeyInfo>> select_keys(soci::session& session,
                                                       const std::string& condition,
                                                       const std::vector<std::string>& values);
// The same, each with its owner in its own organization.
[[nodiscard]] Result<std::vector<OwnedKey>> select_owned_keys(
    soci::session& session, const std::string& condition, const std::vector<std::string>& values);
[[nodiscard]] Result<KeyInfo> read_key(soci::session& session, const KeyId& id);
// With its former secrets: the newest 20.
[[nodiscard]] Result<keys::KeyRecord> read_record(soci::session& session, const KeyInfo& info);
[[nodiscard]] Result<keys::Digest> parse_digest(std::string_view hex);
[[nodiscard]] Result<void> check_note(const std::string& note);

}  // namespace tg::identity
