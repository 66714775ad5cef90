// SPDX-License-Identifier: Apache-2.0
import { Badge, Table } from "@mantine/core";

import type { InstanceOrganization } from "../../api/types";
import { format_count } from "../../format/count";
import { Section } from "../../parts/Section";
import { TimeAgo } from "../../parts/TimeAgo";

export function AllOrganizations({ organizations }: { organizations: InstanceOrganization[] }) {
  return (
    <Section
      title="Organizations"
      lead="You see that they are there. What is in them is their own business."
    >
      <Table.ScrollContainer minWidth={560}>
        <Table horizontalSpacing="md" verticalSpacing="sm" aria-label="Organizations">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>Id</Table.Th>
              <Table.Th ta="right">Members</Table.Th>
              <Table.Th>Created</Table.Th>
              <Table.Th>State</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {organizations.map((organization) => (
              <Table.Tr key={organization.id}>
                <Table.Td fw={600}>{organization.name}</Table.Td>
                <Table.Td>{organization.id}</Table.Td>
                <Table.Td ta="right">{format_count(organization.members)}</Table.Td>
                <Table.Td>
                  <TimeAgo at_unix_s={organization.created_at} />
                </Table.Td>
                <Table.Td>
                  {organization.deleted_at === null ? (
                    <Badge variant="light" color="teal">
                      Active
                    </Badge>
                  ) : (
                    <Badge variant="light" color="gray">
                      Deleted
                    </Badge>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
