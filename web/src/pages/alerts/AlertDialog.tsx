// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { alerts_query } from "../../api/alert_queries";
import { add_alert, change_alert } from "../../api/alerts";
import type { Alert } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import {
  type AlertFields,
  type AlertTarget,
  type Choice,
  changes_of,
  fields_of,
  kThreshold,
  new_fields,
  problem_of_percents,
  problem_of_recipients,
  problem_of_usd,
  request_of,
} from "./alert_form";

interface AlertDialogProps {
  target: AlertTarget;
  // What the alert can be about; one at least.
  choices: Choice[];
  // Null: a new one.
  changed: Alert | null;
  on_close: () => void;
}

export function AlertDialog({ target, choices, changed, on_close }: AlertDialogProps) {
  const { csrf_token, user } = useSession();
  const queries = useQueryClient();
  const first = choices[0]?.value ?? kThreshold;
  const form = useForm<AlertFields>({
    initialValues: changed === null ? new_fields(first, user.email) : fields_of(changed),
    validate: {
      usd: (_, fields) => problem_of_usd(fields),
      percents: (_, fields) => problem_of_percents(fields),
      recipients: (_, fields) => problem_of_recipients(fields),
    },
  });
  const saving = useMutation({
    mutationFn: (fields: AlertFields) =>
      changed === null
        ? add_alert(request_of(target, fields), csrf_token)
        : change_alert(changed.id, changes_of(fields), csrf_token),
    onSuccess: async () => {
      await queries.invalidateQueries(alerts_query(target.id));
      on_close();
    },
  });
  const is_threshold = form.values.what === kThreshold;
  return (
    <Modal
      opened
      onClose={on_close}
      title={changed === null ? "Add an alert" : "Change the alert"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))} noValidate>
        <Stack>
          {changed === null && choices.length > 1 && (
            <NativeSelect label="About" data={choices} {...form.getInputProps("what")} />
          )}
          {changed === null && choices.length === 1 && (
            <Text size="sm">{choices[0]?.label}</Text>
          )}
          {is_threshold ? (
            <TextInput
              label="Dollars per month"
              leftSection="$"
              placeholder="100.00"
              inputMode="decimal"
              autoComplete="off"
              data-autofocus
              {...form.getInputProps("usd")}
            />
          ) : (
            <TextInput
              label="Percentages of the limit"
              placeholder="50, 80, 100"
              autoComplete="off"
              data-autofocus
              {...form.getInputProps("percents")}
            />
          )}
          <TextInput
            label="E-mail to"
            description={is_threshold ? "With commas." : "With commas; nobody: the owners."}
            autoComplete="off"
            {...form.getInputProps("recipients")}
          />
          <TextInput
            label="In front of the subject"
            placeholder="[billing]"
            autoComplete="off"
            maxLength={64}
            {...form.getInputProps("subject_prefix")}
          />
          <Problem error={saving.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={saving.isPending}>
              {changed === null ? "Add alert" : "Save"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
