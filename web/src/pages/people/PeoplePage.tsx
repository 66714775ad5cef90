// SPDX-License-Identifier: Apache-2.0
import { Stack, Tabs } from "@mantine/core";

import { PageTitle } from "../../shell/PageTitle";
import { may_administer } from "../../shell/permissions";
import { useSession } from "../../shell/session";
import { GroupList } from "./GroupList";
import { InviteList } from "./InviteList";
import { MemberList } from "./MemberList";
import { RoleList } from "./RoleList";

export function PeoplePage() {
  const session = useSession();
  const is_owner = may_administer(session);
  return (
    <Stack>
      <PageTitle
        title="People"
        lead={`Who belongs to ${session.organization.name}, and what they may do.`}
      />
      <Tabs
        defaultValue="members"
        keepMounted={false}
        // Four of them fit on a telephone.
        styles={{ tab: { paddingInline: "var(--mantine-spacing-xs)" } }}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="members">Members</Tabs.Tab>
          {is_owner && <Tabs.Tab value="invitations">Invitations</Tabs.Tab>}
          <Tabs.Tab value="groups">Groups</Tabs.Tab>
          <Tabs.Tab value="roles">Roles</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="members">
          <MemberList may_change={is_owner} />
        </Tabs.Panel>
        <Tabs.Panel value="invitations">
          <InviteList />
        </Tabs.Panel>
        <Tabs.Panel value="groups">
          <GroupList />
        </Tabs.Panel>
        <Tabs.Panel value="roles">
          <RoleList />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
