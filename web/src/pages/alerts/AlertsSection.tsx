// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { alerts_query, money_limits_query } from "../../api/alert_queries";
import { remove_alert } from "../../api/alerts";
import type { Alert } from "../../api/types";
import { format_alert, format_recipients } from "../../format/alerts";
import { format_nanousd } from "../../format/money";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";
import { AlertDialog } from "./AlertDialog";
import { type AlertTarget, choices_of } from "./alert_form";

const kLead =
  "Who is told by e-mail when so much is spent: once a month, or once for each percentage of a " +
  "limit and period. An alert stops no call.";

interface AlertsSectionProps {
  target: AlertTarget;
  may_change: boolean;
}

type OpenDialog = { name: "add" } | { name: "change" | "remove"; alert: Alert };

export function AlertsSection({ target, may_change }: AlertsSectionProps) {
  const alerts = useQuery(alerts_query(target.id));
  const limits = useQuery(money_limits_query(target.id));
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const close = () => set_dialog(null);
  const choices = choices_of(target, limits.data ?? []);
  return (
    <Section
      title="Alerts"
      lead={kLead}
      action={
        may_change &&
        choices.length > 0 && (
          <Button variant="default" onClick={() => set_dialog({ name: "add" })}>
            Add alert
          </Button>
        )
      }
    >
      <Problem error={alerts.error ?? limits.error} />
      {alerts.data?.mail_is_configured === false && (
        <Text size="sm" fw={600}>
          No mail server is configured, so nobody is told until there is one.
        </Text>
      )}
      {alerts.data?.data.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet.
        </Text>
      )}
      {alerts.data && alerts.data.data.length > 0 && (
        <Table aria-label="Alerts" horizontalSpacing="xs">
          <Table.Tbody>
            {alerts.data.data.map((alert) => (
              <AlertRow
                key={alert.id}
                alert={alert}
                may_change={may_change}
                on_open={(name) => set_dialog({ name, alert })}
              />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {dialog?.name === "remove" ? (
        <RemoveDialog alert={dialog.alert} on_close={close} />
      ) : (
        dialog && (
          <AlertDialog
            target={target}
            choices={choices}
            changed={dialog.name === "add" ? null : dialog.alert}
            on_close={close}
          />
        )
      )}
    </Section>
  );
}

interface AlertRowProps {
  alert: Alert;
  may_change: boolean;
  on_open: (dialog: "change" | "remove") => void;
}

function AlertRow({ alert, may_change, on_open }: AlertRowProps) {
  const text = format_alert(alert);
  return (
    <Table.Tr>
      <Table.Td>
        <Group justify="space-between" gap="xs">
          <Stack gap={2}>
            <Text size="sm" fw={600}>
              {text}
            </Text>
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              To {format_recipients(alert)}
            </Text>
            <Text size="xs" c="dimmed">
              {format_nanousd(alert.spent_nanousd)} spent so far. <LastSent alert={alert} />
            </Text>
          </Stack>
          {may_change && (
            <Group gap="xs">
              <Button
                size="compact-sm"
                variant="default"
                onClick={() => on_open("change")}
                aria-label={`Change the alert ${text}`}
              >
                Change
              </Button>
              <Button
                size="compact-sm"
                variant="subtle"
                color="red"
                onClick={() => on_open("remove")}
                aria-label={`Remove the alert ${text}`}
              >
                Remove
              </Button>
            </Group>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function LastSent({ alert: { last_sent } }: { alert: Alert }) {
  if (last_sent === null) return <>Never sent.</>;
  return (
    <>
      Last sent <TimeAgo at_unix_s={last_sent.at} />
      {last_sent.percent !== null && ` at ${last_sent.percent}%`}, when{" "}
      {format_nanousd(last_sent.spent_nanousd)} was spent.
    </>
  );
}

function RemoveDialog({ alert, on_close }: { alert: Alert; on_close: () => void }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  return (
    <Confirm
      title="Remove the alert?"
      confirm="Remove alert"
      cancel="Keep it"
      act={async () => {
        await remove_alert(alert.id, csrf_token);
        await queries.invalidateQueries(alerts_query(alert.target_id));
      }}
      on_close={on_close}
    >
      <Text size="sm">
        {format_alert(alert)}, to {format_recipients(alert)}. Nobody is told of it any more.
      </Text>
    </Confirm>
  );
}
