// SPDX-License-Identifier: Apache-2.0
import {
  Badge,
  Button,
  Center,
  Group,
  Loader,
  NativeSelect,
  Paper,
  Table,
  Text,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { set_role } from "../../api/organization";
import { people_query } from "../../api/organization_queries";
import type { Person } from "../../api/organization_types";
import type { OrganizationRole } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";
import { RemovePersonDialog } from "./RemovePersonDialog";
import { kRoles } from "./roles";

export function MemberList({ may_change }: { may_change: boolean }) {
  const people = useQuery(people_query);
  const [leaver, set_leaver] = useState<Person | null>(null);
  return (
    <>
      <Problem error={people.error} />
      {people.isPending && <Center mih={160} children={<Loader />} />}
      {people.data && (
        <Paper withBorder>
          <Table aria-label="Members" horizontalSpacing="md" verticalSpacing="sm">
            <Table.Tbody>
              {people.data.map((person) => (
                <MemberRow
                  key={person.id}
                  person={person}
                  may_change={may_change}
                  on_remove={() => set_leaver(person)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Paper>
      )}
      {leaver && <RemovePersonDialog person={leaver} on_close={() => set_leaver(null)} />}
    </>
  );
}

interface MemberRowProps {
  person: Person;
  may_change: boolean;
  on_remove: () => void;
}

function MemberRow({ person, may_change, on_remove }: MemberRowProps) {
  const { user, csrf_token } = useSession();
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: (role: OrganizationRole) => set_role(person.id, role, csrf_token),
    onSettled: () => queries.invalidateQueries(people_query),
  });
  const is_self = person.id === user.id;
  return (
    <Table.Tr data-user-id={person.id}>
      <Table.Td>
        <Group justify="space-between" gap="xs">
          <div>
            <Group gap="xs">
              <Text size="sm" fw={600}>
                {person.name}
              </Text>
              {is_self && (
                <Badge variant="light" size="sm">
                  You
                </Badge>
              )}
            </Group>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {person.email}, since <TimeAgo at_unix_s={person.added_at} />
            </Text>
          </div>
          <Group gap="xs">
            <NativeSelect
              aria-label={`Role of ${person.name}`}
              data={kRoles}
              value={changing.isPending ? changing.variables : person.role}
              disabled={!may_change || changing.isPending}
              onChange={(event) => changing.mutate(event.currentTarget.value as OrganizationRole)}
            />
            {may_change && (
              <Button
                variant="subtle"
                color="red"
                onClick={on_remove}
                aria-label={`Remove ${person.name}`}
              >
                Remove…
              </Button>
            )}
          </Group>
        </Group>
        <Problem error={changing.error} />
      </Table.Td>
    </Table.Tr>
  );
}
