// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, NativeSelect, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { kCredits } from "../../api/credit_queries";
import { grant_credit } from "../../api/credits";
import { tomorrow } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { grant_of, kNoGrant, problem_of_grant } from "./credit_form";

interface GrantDialogProps {
  organization: string;
  on_close: () => void;
}

export function GrantDialog({ organization, on_close }: GrantDialogProps) {
  const session = useSession();
  const queries = useQueryClient();
  const form = useForm({ initialValues: kNoGrant, validate: { usd: problem_of_grant } });
  const granting = useMutation({
    mutationFn: () => grant_credit(grant_of(organization, form.getValues()), session.csrf_token),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: kCredits });
      on_close();
    },
  });
  const is_own = organization === session.organization.id;
  return (
    <Modal
      opened
      onClose={on_close}
      title="Grant credit"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(() => granting.mutate())} noValidate>
        <Stack>
          <TextInput
            label="Dollars"
            leftSection="$"
            placeholder="25"
            inputMode="decimal"
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("usd")}
          />
          {is_own ? (
            <NativeSelect
              label="For"
              description="A project with credit of its own spends that alone."
              data={[
                { value: "", label: "The whole organization" },
                ...session.projects.map(({ id, name }) => ({ value: id, label: name })),
              ]}
              {...form.getInputProps("project")}
            />
          ) : (
            <TextInput
              label="For the project"
              description="Its id. Empty: for the whole organization."
              placeholder="proj_…"
              autoComplete="off"
              {...form.getInputProps("project")}
            />
          )}
          <TextInput
            type="date"
            label="Ends on (UTC)"
            description="What is left then is gone. Empty: it does not end."
            min={tomorrow(Date.now())}
            {...form.getInputProps("expires")}
          />
          <TextInput
            label="Reason"
            description="The organization sees it."
            maxLength={500}
            autoComplete="off"
            {...form.getInputProps("reason")}
          />
          <Problem error={granting.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={granting.isPending}>
              Grant
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
