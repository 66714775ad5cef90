// SPDX-License-Identifier: Apache-2.0
import { Alert, Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { isEmail, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { create_invite } from "../../api/organization";
import { invites_query } from "../../api/organization_queries";
import type { OrganizationRole } from "../../api/types";
import { CopyButton } from "../../parts/CopyButton";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { kRoleExplanations, kRoles } from "./roles";

interface Sent {
  email: string;
  // Null: it went by mail.
  link: string | null;
}

interface InviteFields {
  email: string;
  role: OrganizationRole;
  project_id: string;
  project_role: "member" | "owner";
}

// The link lives in this component's state and nowhere else: who has it gets in.
export function InviteDialog({ on_close }: { on_close: () => void }) {
  const [sent, set_sent] = useState<Sent | null>(null);
  const has_link = sent !== null && sent.link !== null;
  return (
    <Modal
      opened
      onClose={on_close}
      title={sent === null ? "Invite somebody" : `${sent.email} is invited`}
      size="lg"
      closeOnClickOutside={!has_link}
      closeOnEscape={!has_link}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {sent === null ? (
        <InviteForm on_sent={set_sent} on_cancel={on_close} />
      ) : (
        <SentInvite sent={sent} on_done={on_close} />
      )}
    </Modal>
  );
}

interface InviteFormProps {
  on_sent: (sent: Sent) => void;
  on_cancel: () => void;
}

function InviteForm({ on_sent, on_cancel }: InviteFormProps) {
  const { projects, csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm<InviteFields>({
    initialValues: {
      email: "",
      role: "reader",
      project_id: (projects.find((each) => each.is_default) ?? projects[0])?.id ?? "",
      project_role: "member",
    },
    validate: { email: isEmail("An e-mail address.") },
  });
  const inviting = useMutation({
    mutationFn: async ({ email, role, project_id, project_role }: InviteFields) => {
      const joined = project_id === "" ? [] : [{ id: project_id, role: project_role }];
      const { link } = await create_invite({ email, role, projects: joined }, csrf_token);
      on_sent({ email, link });
    },
    onSuccess: () => queries.invalidateQueries(invites_query),
  });
  const nowhere = { value: "", label: "No project yet" };
  return (
    <form onSubmit={form.onSubmit((fields) => inviting.mutate(fields))} noValidate>
      <Stack>
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("email")}
        />
        <NativeSelect
          label="Role in the organization"
          description={kRoleExplanations[form.values.role]}
          data={kRoles}
          {...form.getInputProps("role")}
        />
        <Group grow align="flex-end">
          <NativeSelect
            label="Project"
            data={[...projects.map(({ id, name }) => ({ value: id, label: name })), nowhere]}
            {...form.getInputProps("project_id")}
          />
          <NativeSelect
            label="Role there"
            disabled={form.values.project_id === ""}
            data={[
              { value: "member", label: "Member" },
              { value: "owner", label: "Owner" },
            ]}
            {...form.getInputProps("project_role")}
          />
        </Group>
        <Problem error={inviting.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={on_cancel}>
            Cancel
          </Button>
          <Button type="submit" loading={inviting.isPending}>
            Invite
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function SentInvite({ sent, on_done }: { sent: Sent; on_done: () => void }) {
  return (
    <Stack>
      {sent.link === null ? (
        <Text size="sm">The invitation was sent by mail.</Text>
      ) : (
        <>
          <Alert color="yellow" title="This link will not be shown again">
            This Tollgate sends no mail. Hand the link to {sent.email} over a channel that you
            trust: whoever opens it first joins.
          </Alert>
          <Group align="flex-end" wrap="nowrap" gap="xs">
            <TextInput
              label="Invitation link"
              value={sent.link}
              readOnly
              flex={1}
              onFocus={(event) => event.currentTarget.select()}
              data-autofocus
            />
            <CopyButton text={sent.link} label="Copy link" />
          </Group>
        </>
      )}
      <Group justify="flex-end">
        <Button onClick={on_done}>Done</Button>
      </Group>
    </Stack>
  );
}
