// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, NativeSelect, Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { price_books_query } from "../../api/price_queries";
import { set_price_book } from "../../api/prices";
import type { InstanceOrganization, PriceBookRule } from "../../api/types";
import { ConfirmableProblem } from "../../parts/ConfirmableProblem";
import { useSession } from "../../shell/session";
import {
  fields_of_rule,
  kEverybody,
  problem_of_factor,
  problem_of_model,
  rule_of,
  type RuleFields,
} from "./book_rules";
import { kPriceProblems } from "./price_form";
import { PriceLinesFields } from "./PriceLinesFields";

interface RuleDialogProps {
  // Null: a new one. Of one that is there, whose it is stays as it is.
  changed: PriceBookRule | null;
  organizations: InstanceOrganization[];
  on_close: () => void;
}

export function RuleDialog({ changed, organizations, on_close }: RuleDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm<RuleFields>({
    initialValues: fields_of_rule(changed),
    validate: {
      model: problem_of_model,
      factor: problem_of_factor,
      lines: {
        usd: (usd, fields, path) =>
          fields.kind === "prices" ? kPriceProblems.lines.usd(usd, fields, path) : null,
        above: kPriceProblems.lines.above,
      },
    },
  });
  const saving = useMutation({
    mutationFn: (confirm: boolean) =>
      set_price_book(rule_of(form.getValues(), confirm), csrf_token),
    onSuccess: async () => {
      await queries.invalidateQueries(price_books_query);
      on_close();
    },
  });
  const active = organizations.filter(({ deleted_at }) => deleted_at === null);
  return (
    <Modal
      opened
      onClose={on_close}
      size="xl"
      title={changed === null ? "Add a rule" : "Change the rule"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(() => saving.mutate(false))} noValidate>
        <Stack>
          <Group align="flex-start" gap="sm" grow preventGrowOverflow={false}>
            <NativeSelect
              label="Who"
              disabled={changed !== null}
              data={[
                { value: "", label: kEverybody },
                ...active.map(({ id, name }) => ({ value: id, label: name })),
              ]}
              miw={220}
              {...form.getInputProps("organization")}
            />
            <TextInput
              label="Model"
              placeholder="all models without a rule"
              disabled={changed !== null}
              autoComplete="off"
              maxLength={256}
              miw={220}
              {...form.getInputProps("model")}
            />
          </Group>
          <Radio.Group label="Pays" {...form.getInputProps("kind")}>
            <Group mt="xs">
              <Radio value="factor" label="A factor of the cost" />
              <Radio value="prices" label="Prices of its own, for one model" />
            </Group>
          </Radio.Group>
          {form.values.kind === "factor" ? (
            <TextInput
              label="Factor"
              description="1 is the cost, 1.15 is 15 % more, 0 is nothing."
              placeholder="1.15"
              inputMode="decimal"
              autoComplete="off"
              maw={420}
              {...form.getInputProps("factor")}
            />
          ) : (
            <PriceLinesFields
              lines={form.values.lines}
              errors={form.errors}
              on_change={(lines) => form.setFieldValue("lines", lines)}
            />
          )}
          <TextInput
            label="Reason"
            description="For the history."
            maxLength={500}
            autoComplete="off"
            {...form.getInputProps("reason")}
          />
          <ConfirmableProblem error={saving.error} on_confirm={() => saving.mutate(true)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={saving.isPending}>
              Save rule
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
