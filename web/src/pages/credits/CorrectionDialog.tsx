// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { kCredits } from "../../api/credit_queries";
import { correct_credit } from "../../api/credits";
import type { CreditGrant } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import {
  correction_of,
  kNoCorrection,
  problem_of_grant,
  problem_of_reason,
} from "./credit_form";

interface CorrectionDialogProps {
  grant: CreditGrant;
  on_close: () => void;
}

// More of a grant, or some of it back: a new entry, with its reason.
export function CorrectionDialog({ grant, on_close }: CorrectionDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: kNoCorrection,
    validate: { usd: problem_of_grant, reason: problem_of_reason },
  });
  const correcting = useMutation({
    mutationFn: () => correct_credit(grant.id, correction_of(form.getValues()), csrf_token),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: kCredits });
      on_close();
    },
  });
  return (
    <Modal
      opened
      onClose={on_close}
      title="Correct a grant"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(() => correcting.mutate())} noValidate>
        <Stack>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {grant.id}: {format_nanousd(grant.amount_nanousd)}, of which{" "}
            {format_nanousd(grant.remaining_nanousd)} is left. What calls have used or hold cannot
            be taken back.
          </Text>
          <Radio.Group aria-label="Which way" {...form.getInputProps("direction")}>
            <Group>
              <Radio value="less" label="Take some back" />
              <Radio value="more" label="Add some" />
            </Group>
          </Radio.Group>
          <TextInput
            label="Dollars"
            leftSection="$"
            inputMode="decimal"
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("usd")}
          />
          <TextInput
            label="Reason"
            description="It stands in the history."
            maxLength={500}
            autoComplete="off"
            {...form.getInputProps("reason")}
          />
          <Problem error={correcting.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={correcting.isPending}>
              Correct
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
