// SPDX-License-Identifier: Apache-2.0
import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { open_path } from "../../api/providers";
import { routes_query } from "../../api/queries";
import type { OpenedPath } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";

const kMethods: OpenedPath["method"][] = ["POST", "GET", "DELETE", "PUT", "PATCH"];

export function OpenPathForm() {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm<{ method: OpenedPath["method"]; path: string; price_usd: string }>({
    initialValues: { method: "POST", path: "", price_usd: "" },
    validate: {
      path: isNotEmpty("As /v1/videos or /v1/videos/{id}."),
      price_usd: isNotEmpty("Dollars a call, as 0.40."),
    },
  });
  const opening = useMutation({
    mutationFn: ({ method, path, price_usd }: typeof form.values) =>
      open_path(method, path.trim(), price_usd.trim(), csrf_token),
    onSuccess: async () => {
      form.reset();
      await queries.invalidateQueries(routes_query);
    },
  });

  return (
    <form onSubmit={form.onSubmit((values) => opening.mutate(values))} noValidate>
      <Stack p="md" gap="xs">
        <Group align="flex-start" gap="xs">
          <NativeSelect
            aria-label="Method"
            size="xs"
            data={kMethods}
            {...form.getInputProps("method")}
          />
          <TextInput
            aria-label="Path"
            placeholder="/v1/videos/{id}"
            size="xs"
            flex={1}
            {...form.getInputProps("path")}
          />
          <TextInput
            aria-label="Dollars a call"
            placeholder="Dollars a call"
            size="xs"
            {...form.getInputProps("price_usd")}
          />
          <Button size="xs" variant="default" type="submit" loading={opening.isPending}>
            Open path
          </Button>
        </Group>
        <Problem error={opening.error} />
      </Stack>
    </form>
  );
}
