// SPDX-License-Identifier: Apache-2.0
import { Button, Center, Group, Loader, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { Versioned } from "../../api/http";
import { kPrices, price_ceiling_query } from "../../api/price_queries";
import { set_price_ceiling } from "../../api/prices";
import type { PriceCeiling } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { ConfirmableProblem } from "../../parts/ConfirmableProblem";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";
import { kPriceProblems } from "./price_form";
import { lines_of, type PriceLine, prices_of } from "./price_lines";
import { PriceLinesFields } from "./PriceLinesFields";
import { PriceTexts } from "./PriceTexts";

const kLead =
  "A model that nobody has a price for is refused, or charged at a ceiling of yours. Each such " +
  "call is flagged unpriced. A free model stays free.";

export function CeilingSection() {
  const ceiling = useQuery(price_ceiling_query);
  const [dialog, set_dialog] = useState<"set" | "off" | null>(null);
  const close = () => set_dialog(null);
  return (
    <Section
      title="Models without a price"
      lead={kLead}
      action={
        ceiling.data && (
          <Group gap="xs">
            {ceiling.data.on && (
              <Button variant="default" onClick={() => set_dialog("off")}>
                Turn the ceiling off
              </Button>
            )}
            <Button variant="default" onClick={() => set_dialog("set")}>
              {ceiling.data.on ? "Change the ceiling" : "Set a ceiling"}
            </Button>
          </Group>
        )
      }
    >
      <Problem error={ceiling.error} />
      {ceiling.isPending && <Center mih={60} children={<Loader size="sm" />} />}
      {ceiling.data && <WhatHolds ceiling={ceiling.data} />}
      {ceiling.data && dialog === "set" && (
        <CeilingDialog ceiling={ceiling.data} on_close={close} />
      )}
      {ceiling.data && dialog === "off" && <OffDialog ceiling={ceiling.data} on_close={close} />}
    </Section>
  );
}

function WhatHolds({ ceiling }: { ceiling: PriceCeiling }) {
  const { on, prices, decided_at, decided_by, reason } = ceiling;
  if (!on) {
    return (
      <Text size="sm" fw={600}>
        No ceiling: they are refused.
      </Text>
    );
  }
  return (
    <Stack gap={2} role="group" aria-label="The ceiling">
      <PriceTexts kind="priced" prices={prices} />
      {decided_at !== null && (
        <Text size="xs" c="dimmed">
          Set <TimeAgo at_unix_s={decided_at} /> by {decided_by}
          {reason !== null && `: ${reason}`}
        </Text>
      )}
    </Stack>
  );
}

interface CeilingDialogProps {
  ceiling: Versioned<PriceCeiling>;
  on_close: () => void;
}

interface CeilingFields {
  lines: PriceLine[];
  reason: string;
}

function CeilingDialog({ ceiling, on_close }: CeilingDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [before] = useState(ceiling);
  const form = useForm<CeilingFields>({
    initialValues: { lines: lines_of(before.prices), reason: "" },
    validate: { lines: kPriceProblems.lines },
  });
  const setting = useMutation({
    mutationFn: (confirm: boolean) => {
      const { lines, reason } = form.getValues();
      const why = reason.trim();
      const body = { prices: prices_of(lines), confirm, ...(why !== "" && { reason: why }) };
      return set_price_ceiling(before, body, csrf_token);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: kPrices });
      on_close();
    },
  });
  const has_price = form.values.lines.some(({ usd }) => usd.trim() !== "");
  return (
    <Modal
      opened
      onClose={on_close}
      size="xl"
      title={before.on ? "Change the ceiling" : "Set a ceiling"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(() => setting.mutate(false))} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            A call that uses what has no price here is refused as before.
          </Text>
          <PriceLinesFields
            lines={form.values.lines}
            errors={form.errors}
            on_change={(lines) => form.setFieldValue("lines", lines)}
          />
          <TextInput
            label="Reason"
            maxLength={500}
            autoComplete="off"
            {...form.getInputProps("reason")}
          />
          <ConfirmableProblem error={setting.error} on_confirm={() => setting.mutate(true)} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" disabled={!has_price} loading={setting.isPending}>
              Save ceiling
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function OffDialog({ ceiling, on_close }: CeilingDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  return (
    <Confirm
      title="Turn the ceiling off?"
      confirm="Turn it off"
      act={async () => {
        await set_price_ceiling(ceiling, { off: true }, csrf_token);
        await queries.invalidateQueries({ queryKey: kPrices });
      }}
      on_close={on_close}
    >
      <Text size="sm">From then on, calls to models that nobody has a price for are refused.</Text>
    </Confirm>
  );
}
