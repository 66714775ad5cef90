// SPDX-License-Identifier: Apache-2.0
import {
  Anchor,
  Badge,
  Button,
  Center,
  Checkbox,
  Loader,
  Paper,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { create_project } from "../../api/organization";
import { projects_query } from "../../api/organization_queries";
import type { OrganizationProject } from "../../api/organization_types";
import { NameDialog } from "../../parts/NameDialog";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { PageTitle } from "../../shell/PageTitle";
import { may_administer } from "../../shell/permissions";
import { useRefreshSession } from "../../shell/refresh_session";
import { useSession } from "../../shell/session";

const kLead =
  "A project separates keys, service accounts, models and spending: one for each product or team.";

export function ProjectsPage() {
  const session = useSession();
  const queries = useQueryClient();
  const refresh_session = useRefreshSession();
  const navigate = useNavigate();
  const projects = useQuery(projects_query);
  const [is_creating, set_creating] = useState(false);
  const [with_archived, set_with_archived] = useState(false);
  const all = projects.data ?? [];
  const shown = with_archived ? all : all.filter(({ status }) => status === "active");

  const create = async (name: string) => {
    const project = await create_project(name, session.csrf_token);
    await queries.invalidateQueries(projects_query);
    // The session names the projects that keys are made in.
    await refresh_session();
    await navigate({ to: "/projects/$project_id", params: { project_id: project.id } });
  };

  return (
    <Stack>
      <PageTitle
        title="Projects"
        lead={kLead}
        action={
          may_administer(session) && (
            <Button onClick={() => set_creating(true)}>Create project</Button>
          )
        }
      />
      <Problem error={projects.error} />
      {projects.isPending && <Center mih={200} children={<Loader />} />}
      {projects.data && <ProjectTable projects={shown} />}
      {all.some(({ status }) => status === "archived") && (
        <Checkbox
          label="Show archived projects"
          checked={with_archived}
          onChange={(event) => set_with_archived(event.currentTarget.checked)}
        />
      )}
      {is_creating && (
        <NameDialog
          title="Create project"
          submit="Create project"
          act={create}
          on_close={() => set_creating(false)}
        />
      )}
    </Stack>
  );
}

function ProjectTable({ projects }: { projects: OrganizationProject[] }) {
  if (projects.length === 0) {
    return (
      <Text c="dimmed" size="sm">
        No project yet.
      </Text>
    );
  }
  return (
    <Paper withBorder>
      <Table horizontalSpacing="md" verticalSpacing="sm" aria-label="Projects">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th visibleFrom="xs">Created</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {projects.map(({ id, name, status, created_at }) => (
            <Table.Tr key={id} data-project-id={id}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                <Anchor
                  size="sm"
                  fw={600}
                  renderRoot={(props) => (
                    <Link to="/projects/$project_id" params={{ project_id: id }} {...props} />
                  )}
                >
                  {name}
                </Anchor>
              </Table.Td>
              <Table.Td>
                <Badge
                  variant="light"
                  miw="max-content"
                  color={status === "active" ? "teal" : "gray"}
                >
                  {status === "active" ? "Active" : "Archived"}
                </Badge>
              </Table.Td>
              <Table.Td visibleFrom="xs">
                <TimeAgo at_unix_s={created_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
