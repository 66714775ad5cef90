// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "admin/api_error.h"

// The state of an object as a text, so that of two people who change it at once one is told
// (RFC 9110, 8.8.3 and 13.1.1). What calls change by themselves, such as a last use, is no part of
// it.
//
// Threading:  pure.
namespace tg::admin {

// With its quotation marks; empty for lists.
[[nodiscard]] std::string entity_tag(const Json& object);
// Of what is answered as it stands.
[[nodiscard]] std::string entity_tag_of_text(std::string_view text);

// `field` is what If-Match or If-None-Match says: "*", or a list of tags.
[[nodiscard]] bool names_entity_tag(std::string_view field, std::string_view tag);
[[nodiscard]] bool matches_entity_tag(std::string_view if_match, const Json& present);

}  // namespace tg::admin
