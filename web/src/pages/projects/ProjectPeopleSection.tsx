// SPDX-License-Identifier: Apache-2.0
import { Button, Group, NativeSelect, Select, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import {
  add_project_person,
  remove_project_person,
  set_project_role,
} from "../../api/organization";
import { people_query, project_people_query } from "../../api/organization_queries";
import type { Person } from "../../api/organization_types";
import type { ProjectRole } from "../../api/types";
import { keys_query } from "../../api/queries";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import type { ProjectSectionProps } from "./project_section";

const kRoles: { value: ProjectRole; label: string }[] = [
  { value: "member", label: "Member" },
  { value: "owner", label: "Owner" },
];

// Who makes keys here, and who manages the project.
export function ProjectPeopleSection({ project_id, may_change }: ProjectSectionProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const people = useQuery(project_people_query(project_id));
  const [leaver, set_leaver] = useState<Person | null>(null);
  const refresh = async () => {
    await queries.invalidateQueries(project_people_query(project_id));
    await queries.invalidateQueries(keys_query);
  };
  return (
    <Section title="Members" lead="Owners of the organization may do everything here in any case.">
      <Problem error={people.error} />
      {people.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      )}
      {people.data && people.data.length > 0 && (
        <Table aria-label="Members of the project" horizontalSpacing="xs">
          <Table.Tbody>
            {people.data.map((person) => (
              <PersonRow
                key={person.id}
                project_id={project_id}
                person={person}
                may_change={may_change}
                on_remove={() => set_leaver(person)}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {may_change && people.data && (
        <AddPerson project_id={project_id} members={people.data} on_added={refresh} />
      )}
      {leaver && (
        <Confirm
          title={`Remove ${leaver.name} from the project?`}
          confirm="Remove"
          act={async () => {
            await remove_project_person(project_id, leaver.id, csrf_token);
            await refresh();
          }}
          on_close={() => set_leaver(null)}
        >
          <Text size="sm">
            Their own keys in this project stop working at once. Service accounts stay.
          </Text>
        </Confirm>
      )}
    </Section>
  );
}

interface PersonRowProps {
  project_id: string;
  person: Person;
  may_change: boolean;
  on_remove: () => void;
}

function PersonRow({ project_id, person, may_change, on_remove }: PersonRowProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const changing = useMutation({
    mutationFn: (role: ProjectRole) => set_project_role(project_id, person.id, role, csrf_token),
    onSettled: () => queries.invalidateQueries(project_people_query(project_id)),
  });
  return (
    <Table.Tr>
      <Table.Td>
        <Group justify="space-between" gap="xs">
          <div>
            <Text size="sm" fw={600}>
              {person.name}
            </Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {person.email}
            </Text>
          </div>
          <Group gap="xs">
            <NativeSelect
              aria-label={`Role of ${person.name}`}
              data={kRoles}
              value={changing.isPending ? changing.variables : person.role}
              disabled={!may_change || changing.isPending}
              onChange={(event) => changing.mutate(event.currentTarget.value as ProjectRole)}
            />
            {may_change && (
              <Button
                variant="subtle"
                color="red"
                onClick={on_remove}
                aria-label={`Remove ${person.name}`}
              >
                Remove
              </Button>
            )}
          </Group>
        </Group>
        <Problem error={changing.error} />
      </Table.Td>
    </Table.Tr>
  );
}

interface AddPersonProps {
  project_id: string;
  members: Person[];
  on_added: () => Promise<void>;
}

function AddPerson({ project_id, members, on_added }: AddPersonProps) {
  const { csrf_token } = useSession();
  const people = useQuery(people_query);
  const [user_id, set_user_id] = useState<string | null>(null);
  const [role, set_role] = useState<ProjectRole>("member");
  const adding = useMutation({
    mutationFn: (id: string) => add_project_person(project_id, id, role, csrf_token),
    onSuccess: async () => {
      set_user_id(null);
      await on_added();
    },
  });
  const member_ids = new Set(members.map(({ id }) => id));
  const others = (people.data ?? []).filter(({ id }) => !member_ids.has(id));
  if (others.length === 0) return null;
  return (
    <Stack gap="xs">
      <Group gap="xs" align="flex-end">
        <Select
          label="Add somebody"
          placeholder="Choose a person"
          data={others.map(({ id, name, email }) => ({ value: id, label: `${name} (${email})` }))}
          searchable
          w={280}
          value={user_id}
          onChange={set_user_id}
        />
        <NativeSelect
          aria-label="Role"
          data={kRoles}
          value={role}
          onChange={(event) => set_role(event.currentTarget.value as ProjectRole)}
        />
        <Button
          variant="default"
          disabled={user_id === null}
          loading={adding.isPending}
          onClick={() => user_id !== null && adding.mutate(user_id)}
        >
          Add
        </Button>
      </Group>
      <Problem error={adding.error} />
    </Stack>
  );
}
