// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { set_key_limit } from "../../api/client";
import { keys_query } from "../../api/queries";
import type { ApiKey } from "../../api/types";
import { format_nanousd, nanousd_to_decimal, parse_usd } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";

interface KeyLimitDialogProps {
  api_key: ApiKey;
  on_close: () => void;
}

export function KeyLimitDialog({ api_key, on_close }: KeyLimitDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const { limit_nanousd, spent_nanousd } = api_key;
  const form = useForm({
    initialValues: { usd: limit_nanousd === null ? "" : nanousd_to_decimal(limit_nanousd) },
    validate: {
      usd: (text) => (parse_usd(text) === null ? "An amount in dollars, such as 12.50." : null),
    },
  });
  const setting = useMutation({
    mutationFn: (usd: string | null) => set_key_limit(api_key.id, usd, csrf_token),
    onSuccess: async () => {
      await queries.invalidateQueries(keys_query);
      on_close();
    },
  });

  return (
    <Modal
      opened
      onClose={on_close}
      title={`Limit of “${api_key.name}”`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit(({ usd }) => setting.mutate(parse_usd(usd)))} noValidate>
        <Stack>
          <Text size="sm">
            The most that this key may spend in all. {format_nanousd(spent_nanousd)} is spent so
            far. A call that could go past the limit is refused before it is sent.
          </Text>
          <TextInput
            label="Limit in US dollars"
            leftSection="$"
            inputMode="decimal"
            autoComplete="off"
            data-autofocus
            {...form.getInputProps("usd")}
          />
          <Problem error={setting.error} />
          <Group justify="flex-end">
            {limit_nanousd !== null && (
              <Button
                variant="subtle"
                color="red"
                disabled={setting.isPending}
                onClick={() => setting.mutate(null)}
              >
                Remove limit
              </Button>
            )}
            <Button type="submit" loading={setting.isPending}>
              Set limit
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
