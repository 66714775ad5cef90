// SPDX-License-Identifier: Apache-2.0
import { Anchor, Badge, Button, Center, Group, Loader, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, getRouteApi } from "@tanstack/react-router";
import { useState } from "react";

import { archive_project, rename_project } from "../../api/organization";
import { project_query, projects_query } from "../../api/organization_queries";
import type { OrganizationProject } from "../../api/organization_types";
import { keys_query } from "../../api/queries";
import { Confirm } from "../../parts/Confirm";
import { NameDialog } from "../../parts/NameDialog";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { may_administer } from "../../shell/permissions";
import { useRefreshSession } from "../../shell/refresh_session";
import { useSession } from "../../shell/session";
import { AlertsSection } from "../alerts/AlertsSection";
import { CertificatesSection } from "../certificates/CertificatesSection";
import { KeyPolicySection } from "./KeyPolicySection";
import { ModelsSection } from "./ModelsSection";
import { ProjectPeopleSection } from "./ProjectPeopleSection";
import { ServiceAccountsSection } from "./ServiceAccountsSection";
import { SpendLimitSection } from "./SpendLimitSection";

const route = getRouteApi("/shell/projects/$project_id");

export function ProjectPage() {
  const { project_id } = route.useParams();
  const projects = useQuery(projects_query);
  const project = projects.data?.find(({ id }) => id === project_id);
  return (
    <Stack>
      <Anchor size="sm" renderRoot={(props) => <Link to="/projects" {...props} />}>
        ← All projects
      </Anchor>
      <Problem error={projects.error} />
      {projects.isPending && <Center mih={200} children={<Loader />} />}
      {projects.data && !project && <Text>There is no such project in your organization.</Text>}
      {project && <Project key={project.id} project={project} />}
    </Stack>
  );
}

function Project({ project }: { project: OrganizationProject }) {
  const is_owner = may_administer(useSession());
  const is_active = project.status === "active";
  const may_change = is_owner && is_active;
  return (
    <>
      <PageTitle
        title={project.name}
        lead={is_active ? project.id : `${project.id}, archived: its keys are refused.`}
        action={
          may_change ? <ProjectActions project={project} /> : <StatusBadge project={project} />
        }
      />
      {is_owner && (
        <>
          <SpendLimitSection project_id={project.id} may_change={may_change} />
          <AlertsSection target={{ scope: "project", id: project.id }} may_change={may_change} />
          <ServiceAccountsSection project_id={project.id} may_change={may_change} />
          <ModelsSection project_id={project.id} may_change={may_change} />
          <CertificatesSection place={project.id} may_change={may_change} />
        </>
      )}
      <KeyPolicySection project_id={project.id} may_change={may_change} />
      {is_owner && <ProjectPeopleSection project_id={project.id} may_change={may_change} />}
    </>
  );
}

function StatusBadge({ project }: { project: OrganizationProject }) {
  if (project.status === "active") return null;
  return (
    <Badge variant="light" color="gray">
      Archived
    </Badge>
  );
}

function ProjectActions({ project }: { project: OrganizationProject }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const refresh_session = useRefreshSession();
  const [dialog, set_dialog] = useState<"rename" | "archive" | null>(null);
  const close = () => set_dialog(null);
  const refresh = async () => {
    await queries.invalidateQueries(projects_query);
    await queries.invalidateQueries(keys_query);
    await refresh_session();
  };
  return (
    <Group gap="xs">
      <Button variant="default" onClick={() => set_dialog("rename")}>
        Rename
      </Button>
      <Button variant="light" color="red" onClick={() => set_dialog("archive")}>
        Archive
      </Button>
      {dialog === "rename" && (
        <RenameDialog project_id={project.id} on_renamed={refresh} on_close={close} />
      )}
      {dialog === "archive" && (
        <Confirm
          title={`Archive “${project.name}”?`}
          confirm="Archive project"
          cancel="Keep it"
          act={async () => {
            await archive_project(project.id, csrf_token);
            await refresh();
          }}
          on_close={close}
        >
          <WhatStops project={project} />
        </Confirm>
      )}
    </Group>
  );
}

interface RenameDialogProps {
  project_id: string;
  on_renamed: () => Promise<void>;
  on_close: () => void;
}

// Opens once the project's state is known, to which alone the name is given.
function RenameDialog({ project_id, on_renamed, on_close }: RenameDialogProps) {
  const { csrf_token } = useSession();
  const { data: project, isFetching, error } = useQuery(project_query(project_id));
  const [opened, set_opened] = useState<typeof project>();
  if (error) return <Problem error={error} />;
  if (opened === undefined && project !== undefined && !isFetching) set_opened(project);
  if (opened === undefined) return null;
  return (
    <NameDialog
      title={`Rename “${opened.name}”`}
      initial={opened.name}
      submit="Rename"
      act={async (name) => {
        await rename_project(opened, name, csrf_token);
        await on_renamed();
        on_close();
      }}
      on_close={on_close}
    />
  );
}

function WhatStops({ project }: { project: OrganizationProject }) {
  const keys = useQuery(keys_query);
  const stopping = keys.data?.filter(
    ({ project_id, revoked_at }) => project_id === project.id && revoked_at === null,
  );
  return (
    <>
      <Text size="sm">
        All keys of this project stop working at once and for ever, those of its service accounts
        too; streams that they have open are cut. Its usage and audit entries stay on record. This
        cannot be undone.
      </Text>
      {stopping && (
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {stopping.length === 0
            ? "No key is in use."
            : `Keys that stop: ${stopping.map(({ name }) => name).join(", ")}.`}
        </Text>
      )}
    </>
  );
}
