// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import {
  type Certificate,
  type CertificatePlace,
  certificates_query,
  delete_certificate,
  switch_certificate,
} from "../../api/certificates";
import { format_absolute } from "../../format/time";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import { UploadCertificateDialog } from "./UploadCertificateDialog";

const kLead =
  "Where one is active, calls are taken only over TLS from clients whose own certificate leads " +
  "to it (mutual TLS).";

interface CertificatesSectionProps {
  // Null: the organization, which alone uploads and deletes them.
  place: CertificatePlace;
  may_change: boolean;
}

type OpenDialog = { name: "upload" } | { name: "switch" | "delete"; certificate: Certificate };

export function CertificatesSection({ place, may_change }: CertificatesSectionProps) {
  const { data, error } = useQuery(certificates_query(place));
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const close = () => set_dialog(null);
  return (
    <Section
      title="Client certificates"
      lead={place === null ? `${kLead} All projects inherit what is active here.` : kLead}
      action={
        may_change &&
        place === null && (
          <Button variant="default" onClick={() => set_dialog({ name: "upload" })}>
            Upload certificate
          </Button>
        )
      }
    >
      <Problem error={error} />
      {data?.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.{place !== null && " They are uploaded on the organization's page."}
        </Text>
      )}
      {data && data.length > 0 && (
        <Table aria-label="Client certificates" horizontalSpacing="xs">
          <Table.Tbody>
            {data.map((certificate) => (
              <CertificateRow
                key={certificate.id}
                certificate={certificate}
                may_change={may_change}
                may_delete={place === null}
                on_open={(name) => set_dialog({ name, certificate })}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {dialog?.name === "upload" && <UploadCertificateDialog on_close={close} />}
      {dialog?.name === "switch" && (
        <SwitchDialog place={place} certificate={dialog.certificate} on_close={close} />
      )}
      {dialog?.name === "delete" && (
        <DeleteDialog certificate={dialog.certificate} on_close={close} />
      )}
    </Section>
  );
}

function name_of({ name, id }: Certificate): string {
  return name ?? id;
}

interface CertificateRowProps {
  certificate: Certificate;
  may_change: boolean;
  may_delete: boolean;
  on_open: (dialog: "switch" | "delete") => void;
}

function CertificateRow({ certificate, may_change, may_delete, on_open }: CertificateRowProps) {
  const { active } = certificate;
  const name = name_of(certificate);
  return (
    <Table.Tr>
      <Table.Td>
        <Group justify="space-between" gap="xs">
          <Stack gap={2}>
            <Group gap="xs">
              <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                {name}
              </Text>
              {active && <Badge variant="light">Active</Badge>}
            </Group>
            <Expiry at_unix_s={certificate.certificate_details.expires_at} />
          </Stack>
          {may_change && (
            <Group gap="xs">
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => on_open("switch")}
                aria-label={`${active ? "Deactivate" : "Activate"} ${name}`}
              >
                {active ? "Deactivate" : "Activate"}
              </Button>
              {may_delete && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => on_open("delete")}
                  aria-label={`Delete ${name}`}
                >
                  Delete
                </Button>
              )}
            </Group>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function Expiry({ at_unix_s }: { at_unix_s: number }) {
  const at_unix_ms = at_unix_s * 1_000;
  const is_over = at_unix_ms <= Date.now();
  return (
    <Text size="xs" c={is_over ? "red" : "dimmed"}>
      {is_over ? "Expired" : "Expires"} {format_absolute(at_unix_ms)}
    </Text>
  );
}

interface SwitchDialogProps {
  place: CertificatePlace;
  certificate: Certificate;
  on_close: () => void;
}

function SwitchDialog({ place, certificate, on_close }: SwitchDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const activates = !certificate.active;
  const calls = place === null ? "calls of all projects" : "calls of this project";
  return (
    <Confirm
      title={`${activates ? "Activate" : "Deactivate"} “${name_of(certificate)}”?`}
      confirm={activates ? "Activate" : "Deactivate"}
      act={async () => {
        await switch_certificate(place, certificate.id, activates, csrf_token);
        await queries.invalidateQueries({ queryKey: ["certificates"] });
      }}
      on_close={on_close}
    >
      <Text size="sm">
        {activates
          ? `From now on ${calls} are refused unless the client presents a certificate that ` +
            "leads to this one, or to another active one."
          : `From now on it lets nobody in. Where no other one is active, ${calls} need none.`}
      </Text>
      {activates && window.location.protocol === "http:" && (
        <Text size="sm" fw={600}>
          This page came without TLS. Calls that come the same way would all be refused.
        </Text>
      )}
    </Confirm>
  );
}

interface DeleteDialogProps {
  certificate: Certificate;
  on_close: () => void;
}

function DeleteDialog({ certificate, on_close }: DeleteDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  return (
    <Confirm
      title={`Delete “${name_of(certificate)}”?`}
      confirm="Delete certificate"
      cancel="Keep it"
      act={async () => {
        await delete_certificate(certificate.id, csrf_token);
        await queries.invalidateQueries({ queryKey: ["certificates"] });
      }}
      on_close={on_close}
    >
      <Text size="sm">
        It must be active nowhere, neither here nor in a project. It can be uploaded again.
      </Text>
    </Confirm>
  );
}
