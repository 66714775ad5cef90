// SPDX-License-Identifier: Apache-2.0
import { Button, Menu } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { switch_organization } from "../api/profile";
import { CreateOrganizationDialog } from "./CreateOrganizationDialog";
import { useEnterSession, useSession } from "./session";

// Where one works, and the way to one's other organizations. Not there while there is no choice.
export function OrganizationSwitcher() {
  const { organization, organizations, may_create_organizations, csrf_token } = useSession();
  const [is_creating, set_creating] = useState(false);
  const enter = useEnterSession();
  const switching = useMutation({
    mutationFn: (id: string) => switch_organization(id, csrf_token),
    onSuccess: enter,
  });
  if (organizations.length < 2 && !may_create_organizations) return null;

  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            maw={{ base: 140, xs: 220 }}
            loading={switching.isPending}
            aria-label={`Organization: ${organization.name}. Switch`}
          >
            {organization.name}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Organizations</Menu.Label>
          {organizations.map(({ id, name }) => (
            <Menu.Item
              key={id}
              fw={id === organization.id ? 700 : 400}
              disabled={id === organization.id}
              onClick={() => switching.mutate(id)}
            >
              {name}
            </Menu.Item>
          ))}
          {may_create_organizations && (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => set_creating(true)}>Create organization</Menu.Item>
            </>
          )}
          {switching.isError && (
            <Menu.Label c="red" role="alert">
              {switching.error.message}
            </Menu.Label>
          )}
        </Menu.Dropdown>
      </Menu>
      {is_creating && <CreateOrganizationDialog on_close={() => set_creating(false)} />}
    </>
  );
}
