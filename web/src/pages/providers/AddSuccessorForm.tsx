// SPDX-License-Identifier: Apache-2.0
import { Autocomplete, Button, Group, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { set_successor } from "../../api/providers";
import { routes_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";

export function AddSuccessorForm({ models }: { models: string[] }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { retired: "", successor: "" },
    validate: {
      retired: isNotEmpty("The name that programs still use."),
      successor: isNotEmpty("The model that answers instead."),
    },
  });
  const adding = useMutation({
    mutationFn: ({ retired, successor }: typeof form.values) =>
      set_successor(retired.trim(), successor.trim(), csrf_token),
    onSuccess: async () => {
      form.reset();
      await queries.invalidateQueries(routes_query);
    },
  });

  return (
    <form onSubmit={form.onSubmit((pair) => adding.mutate(pair))} noValidate>
      <Stack p="md" gap="xs">
        <Group align="flex-start" gap="xs">
          <TextInput
            aria-label="Retired model"
            placeholder="Retired model"
            size="xs"
            flex={1}
            {...form.getInputProps("retired")}
          />
          <Autocomplete
            aria-label="Its successor"
            placeholder="Its successor"
            size="xs"
            flex={1}
            data={models}
            limit={30}
            {...form.getInputProps("successor")}
          />
          <Button size="xs" variant="default" type="submit" loading={adding.isPending}>
            Add successor
          </Button>
        </Group>
        <Problem error={adding.error} />
      </Stack>
    </form>
  );
}
