// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Center, Group, Loader, Paper, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { delete_invite } from "../../api/organization";
import { invites_query } from "../../api/organization_queries";
import type { Invite } from "../../api/organization_types";
import { format_absolute } from "../../format/time";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { InviteDialog } from "./InviteDialog";

const kColors: Record<Invite["status"], string> = {
  pending: "yellow",
  accepted: "teal",
  expired: "gray",
};

export function InviteList() {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const invites = useQuery(invites_query);
  const [is_inviting, set_inviting] = useState(false);
  const [unwanted, set_unwanted] = useState<Invite | null>(null);
  return (
    <Stack>
      <Group>
        <Button onClick={() => set_inviting(true)}>Invite somebody</Button>
      </Group>
      <Problem error={invites.error} />
      {invites.isPending && <Center mih={160} children={<Loader />} />}
      {invites.data && <Invites invites={invites.data} on_delete={set_unwanted} />}
      {is_inviting && <InviteDialog on_close={() => set_inviting(false)} />}
      {unwanted && (
        <Confirm
          title="Delete this invitation?"
          confirm="Delete"
          cancel="Keep it"
          act={async () => {
            await delete_invite(unwanted.id, csrf_token);
            await queries.invalidateQueries(invites_query);
          }}
          on_close={() => set_unwanted(null)}
        >
          <Text size="sm">The link that {unwanted.email} got no longer lets anyone in.</Text>
        </Confirm>
      )}
    </Stack>
  );
}

interface InvitesProps {
  invites: Invite[];
  on_delete: (invite: Invite) => void;
}

function Invites({ invites, on_delete }: InvitesProps) {
  if (invites.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nobody is invited.
      </Text>
    );
  }
  return (
    <Paper withBorder>
      <Table aria-label="Invitations" horizontalSpacing="md" verticalSpacing="sm">
        <Table.Tbody>
          {invites.map((invite) => (
            <Table.Tr key={invite.id}>
              <Table.Td>
                <Group justify="space-between" gap="xs">
                  <div>
                    <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                      {invite.email}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {describe(invite)}
                    </Text>
                  </div>
                  <Group gap="xs">
                    <Badge variant="light" color={kColors[invite.status]}>
                      {invite.status}
                    </Badge>
                    {invite.status !== "accepted" && (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        color="red"
                        onClick={() => on_delete(invite)}
                        aria-label={`Delete the invitation of ${invite.email}`}
                      >
                        Delete
                      </Button>
                    )}
                  </Group>
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

function describe({ role, status, accepted_at, expires_at }: Invite): string {
  if (accepted_at !== null) return `As ${role}, accepted ${format_absolute(accepted_at * 1_000)}`;
  const verb = status === "expired" ? "expired" : "good until";
  return `As ${role}, ${verb} ${format_absolute(expires_at * 1_000)}`;
}
