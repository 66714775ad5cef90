// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <soci/soci.h>

#include <string>

#include "identity/members.h"

// A member as select_rows() (rows.h) reads one: id, organization, e-mail, name, role, and since
// when in whatever is asked about. For this room only.
namespace tg::identity {

struct MemberRow {
  std::string id, organization_id;
  Member member;
  long long added_unix_ms = 0;

  void bind(soci::statement& select) {
    select.exchange(soci::into(id));
    select.exchange(soci::into(organization_id));
    select.exchange(soci::into(member.email));
    select.exchange(soci::into(member.name));
    select.exchange(soci::into(member.role));
    select.exchange(soci::into(added_unix_ms));
  }
  [[nodiscard]] Member item() const {
    auto read = member;
    read.id = UserId{id};
    read.organization_id = OrganizationId{organization_id};
    read.added_at = from_unix_ms(added_unix_ms);
    return read;
  }
};

}  // namespace tg::identity
