// SPDX-License-Identifier: Apache-2.0
import { Button, List, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { useState } from "react";

import { delete_organization } from "../../api/organizations";
import type { Organization } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";

export function DeleteOrganization({ organization }: { organization: Organization }) {
  const [is_asking, set_asking] = useState(false);
  return (
    <Section
      title="Delete organization"
      lead="All of its keys stop at once, for good. What was used and charged stays on record."
      action={
        <Button color="red" variant="light" onClick={() => set_asking(true)}>
          Delete organization
        </Button>
      }
    >
      {is_asking && (
        <DeleteDialog organization={organization} on_close={() => set_asking(false)} />
      )}
    </Section>
  );
}

interface DeleteDialogProps {
  organization: Organization;
  on_close: () => void;
}

function DeleteDialog({ organization, on_close }: DeleteDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const router = useRouter();
  const navigate = useNavigate();
  const [name, set_name] = useState("");
  const [password, set_password] = useState("");
  return (
    <Confirm
      title={`Delete ${organization.name}?`}
      confirm="Delete for good"
      is_ready={name === organization.name && password !== ""}
      act={async () => {
        await delete_organization(organization.id, { name, password }, csrf_token);
        // Whoever belongs to another organization goes on there; others are signed out.
        queries.clear();
        await navigate({ to: "/keys" });
        await router.invalidate();
      }}
      on_close={on_close}
    >
      <Stack gap="sm">
        <List size="sm">
          <List.Item>Every key is revoked, and running calls are cut.</List.Item>
          <List.Item>Its members ({organization.members}) leave it; invitations end.</List.Item>
          <List.Item>Who belongs to no other organization loses their account.</List.Item>
          <List.Item>Usage and the audit log are kept. Nothing of this can be undone.</List.Item>
        </List>
        <TextInput
          label={
            <Text span size="sm">
              Type <b>{organization.name}</b>
            </Text>
          }
          aria-label="The organization's name"
          autoComplete="off"
          value={name}
          onChange={(event) => set_name(event.currentTarget.value)}
        />
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => set_password(event.currentTarget.value)}
        />
      </Stack>
    </Confirm>
  );
}
