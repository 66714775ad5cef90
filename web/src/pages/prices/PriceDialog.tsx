// SPDX-License-Identifier: Apache-2.0
import {
  Alert,
  Button,
  Checkbox,
  Group,
  Modal,
  NativeSelect,
  Stack,
  TextInput,
} from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { kPrices } from "../../api/price_queries";
import { set_price } from "../../api/prices";
import { providers_query } from "../../api/queries";
import type { PriceKind } from "../../api/types";
import { tomorrow } from "../../format/time";
import { ConfirmableProblem } from "../../parts/ConfirmableProblem";
import { useSession } from "../../shell/session";
import {
  change_of,
  fields_of,
  kPriceProblems,
  type PricedModel,
  type PriceFields,
} from "./price_form";
import { PriceLinesFields } from "./PriceLinesFields";

interface PriceDialogProps {
  // Null: of a model that one names.
  priced: PricedModel | null;
  on_close: () => void;
}

const kNobody: PricedModel = { model: "", provider: null, prices: [] };

interface Decision {
  kind: PriceKind;
  confirm: boolean;
}

// What a model costs, from now on or from a day on.
export function PriceDialog({ priced, on_close }: PriceDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm<PriceFields>({
    initialValues: fields_of(priced ?? kNobody),
    validate: kPriceProblems,
  });
  const deciding = useMutation({
    mutationFn: ({ kind, confirm }: Decision) =>
      set_price(change_of(form.getValues(), kind, confirm), csrf_token),
    onSuccess: async ({ warning }) => {
      await queries.invalidateQueries({ queryKey: kPrices });
      if (warning === undefined) on_close();
    },
  });
  const decide = (kind: PriceKind) =>
    form.onSubmit(() => deciding.mutate({ kind, confirm: false }));
  const { warning } = deciding.data ?? {};
  return (
    <Modal
      opened
      onClose={on_close}
      size="xl"
      title={priced ? `Set the price of ${priced.model}` : "Set the price of a model"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={decide("priced")} noValidate>
        <Stack>
          <Whose fields={form} priced={priced} />
          <PriceLinesFields
            lines={form.values.lines}
            errors={form.errors}
            {...(priced && { now: priced.prices })}
            on_change={(lines) => form.setFieldValue("lines", lines)}
          />
          <Checkbox
            label="These are all of its prices"
            description="Otherwise, what is left empty or is not here stays as it is."
            {...form.getInputProps("only", { type: "checkbox" })}
          />
          <Group align="flex-start" gap="sm">
            <TextInput
              type="date"
              label="Valid from (UTC)"
              description="Empty: from now on."
              min={tomorrow(Date.now())}
              {...form.getInputProps("from")}
            />
            <TextInput
              label="Reason"
              description="For the history."
              maxLength={500}
              autoComplete="off"
              flex={1}
              miw={200}
              {...form.getInputProps("reason")}
            />
          </Group>
          <ConfirmableProblem
            error={deciding.error}
            on_confirm={() =>
              deciding.variables && deciding.mutate({ ...deciding.variables, confirm: true })
            }
          />
          {warning !== undefined && (
            <Alert color="yellow" variant="light" role="status" title="It is decided">
              {warning}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              {warning === undefined ? "Cancel" : "Close"}
            </Button>
            <Button
              variant="default"
              disabled={deciding.isPending}
              onClick={() => decide("free")()}
            >
              Make free
            </Button>
            <Button type="submit" loading={deciding.isPending}>
              Save price
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface WhoseProps {
  fields: Pick<UseFormReturnType<PriceFields>, "getInputProps">;
  priced: PricedModel | null;
}

// Which model, and at which provider.
function Whose({ fields, priced }: WhoseProps) {
  const providers = useQuery({ ...providers_query, enabled: priced === null });
  const names = priced ? [priced.provider ?? ""] : (providers.data ?? []).map(({ name }) => name);
  const choices = [...new Set(["", ...names])].map((value) => ({
    value,
    label: value === "" ? "Every provider without a decision of its own" : value,
  }));
  return (
    <Group align="flex-start" gap="sm">
      {priced === null && (
        <TextInput
          label="Model"
          description="As the provider calls it."
          autoComplete="off"
          maxLength={256}
          data-autofocus
          flex={1}
          miw={200}
          {...fields.getInputProps("model")}
        />
      )}
      <NativeSelect
        label="At"
        {...(priced === null && { description: "Where it is served." })}
        data={choices}
        {...fields.getInputProps("provider")}
      />
    </Group>
  );
}
