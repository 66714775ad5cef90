// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "identity/keys.h"
#include "identity/members.h"
#include "identity/project_members.h"
#include "store/database.h"

// Lists that may be long, a page at a time, by age: each page is one search in an index, however
// many came before it and will come after.
//
// Threading:  any control thread.
// Limits:     what the caller asks for; one item more is read, to know whether there are more.
// Errors:     kNotFound: `after` is none of the list; kDatabase. A key that was revoked between two
//             pages still says where the next one begins.
namespace tg::identity {

struct PageQuery {
  std::size_t limit = 20;
  std::string after{};  // an item's id; "": from the beginning
  bool newest_first = false;
};

template <typename Item>
struct PageOf {
  std::vector<Item> items;
  bool has_more = false;
};

// `emails_folded`: only who has one of these; absent: everybody.
[[nodiscard]] Result<PageOf<Member>> page_of_members(
    store::Database& database, const OrganizationId& organization_id, const PageQuery& page,
    const std::optional<std::vector<std::string>>& emails_folded = std::nullopt);
[[nodiscard]] Result<PageOf<ProjectMember>> page_of_project_members(store::Database& database,
                                                                    const ProjectId& project_id,
                                                                    const PageQuery& page);
// Keys that are alive: a project's, or the organization's admin keys.
[[nodiscard]] Result<PageOf<KeyInfo>> page_of_project_keys(store::Database& database,
                                                           const ProjectId& project_id,
                                                           const PageQuery& page);
[[nodiscard]] Result<PageOf<KeyInfo>> page_of_admin_keys(store::Database& database,
                                                         const OrganizationId& organization_id,
                                                         const PageQuery& page);

}  // namespace tg::identity
