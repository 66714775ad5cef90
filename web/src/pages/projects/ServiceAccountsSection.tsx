// SPDX-License-Identifier: Apache-2.0
import { Button, Code, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import {
  create_service_account,
  create_service_account_key,
  delete_service_account,
} from "../../api/organization";
import { service_accounts_query } from "../../api/organization_queries";
import type { ServiceAccount } from "../../api/organization_types";
import type { ApiKey } from "../../api/types";
import { keys_query } from "../../api/queries";
import { Confirm } from "../../parts/Confirm";
import { NameDialog } from "../../parts/NameDialog";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import { NewKey } from "../keys/NewKey";
import type { ProjectSectionProps } from "./project_section";

const kLead = "For programs rather than people: they stay when their maker leaves.";

type OpenDialog =
  | { name: "create" }
  | { name: "key" | "delete"; account: ServiceAccount }
  // A whole key, which lives here and nowhere else.
  | { name: "created"; value: string };

export function ServiceAccountsSection({ project_id, may_change }: ProjectSectionProps) {
  const accounts = useQuery(service_accounts_query(project_id));
  const keys = useQuery(keys_query);
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const keys_of = ({ id }: ServiceAccount) =>
    (keys.data ?? []).filter((key) => key.owner_id === id && key.revoked_at === null);
  return (
    <Section
      title="Service accounts"
      lead={kLead}
      action={
        may_change && (
          <Button variant="default" onClick={() => set_dialog({ name: "create" })}>
            Create service account
          </Button>
        )
      }
    >
      <Problem error={accounts.error ?? keys.error} />
      {accounts.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      )}
      {accounts.data && accounts.data.length > 0 && (
        <Table aria-label="Service accounts" horizontalSpacing="xs">
          <Table.Tbody>
            {accounts.data.map((account) => (
              <AccountRow
                key={account.id}
                account={account}
                keys={keys_of(account)}
                may_change={may_change}
                on_open={(name) => set_dialog({ name, account })}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {dialog && (
        <Dialogs
          project_id={project_id}
          dialog={dialog}
          on_created={(value) => set_dialog({ name: "created", value })}
          on_close={() => set_dialog(null)}
        />
      )}
    </Section>
  );
}

interface AccountRowProps {
  account: ServiceAccount;
  keys: ApiKey[];
  may_change: boolean;
  on_open: (dialog: "key" | "delete") => void;
}

function AccountRow({ account, keys, may_change, on_open }: AccountRowProps) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group justify="space-between" gap="xs">
          <Stack gap={4}>
            <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
              {account.name}
            </Text>
            {keys.length === 0 && (
              <Text size="xs" c="dimmed">
                No key
              </Text>
            )}
            {keys.map(({ id, name, redacted_value }) => (
              <Text key={id} size="xs">
                <Code>{redacted_value}</Code> {name}
              </Text>
            ))}
          </Stack>
          {may_change && (
            <Group gap="xs">
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => on_open("key")}
                aria-label={`Add a key to ${account.name}`}
              >
                Add key
              </Button>
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                onClick={() => on_open("delete")}
                aria-label={`Delete ${account.name}`}
              >
                Delete
              </Button>
            </Group>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

interface DialogsProps {
  project_id: string;
  dialog: OpenDialog;
  on_created: (value: string) => void;
  on_close: () => void;
}

function Dialogs({ project_id, dialog, on_created, on_close }: DialogsProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const refresh = async () => {
    await queries.invalidateQueries(service_accounts_query(project_id));
    await queries.invalidateQueries(keys_query);
  };
  if (dialog.name === "created") return <CreatedKey value={dialog.value} on_close={on_close} />;
  if (dialog.name === "create") {
    return (
      <NameDialog
        title="Create service account"
        description="It gets a first key, which is shown once."
        submit="Create"
        act={async (name) => {
          const { api_key } = await create_service_account(project_id, name, csrf_token);
          await refresh();
          if (api_key === null) on_close();
          else on_created(api_key.value);
        }}
        on_close={on_close}
      />
    );
  }
  const { account } = dialog;
  if (dialog.name === "key") {
    return (
      <NameDialog
        title={`Add a key to “${account.name}”`}
        label="Name of the key"
        submit="Create key"
        act={async (name) => {
          const made = await create_service_account_key(project_id, account.id, name, csrf_token);
          await refresh();
          on_created(made.value);
        }}
        on_close={on_close}
      />
    );
  }
  return (
    <Confirm
      title={`Delete “${account.name}”?`}
      confirm="Delete service account"
      cancel="Keep it"
      act={async () => {
        await delete_service_account(project_id, account.id, csrf_token);
        await refresh();
      }}
      on_close={on_close}
    >
      <Text size="sm">
        All its keys stop working at once; streams that they have open are cut. This cannot be
        undone. Its usage stays on record.
      </Text>
    </Confirm>
  );
}

function CreatedKey({ value, on_close }: { value: string; on_close: () => void }) {
  return (
    <Modal
      opened
      onClose={on_close}
      title="Save the key"
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <NewKey value={value} on_done={on_close} />
    </Modal>
  );
}
