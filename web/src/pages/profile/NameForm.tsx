// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Stack, TextInput, Title } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";

import { rename_person } from "../../api/profile";
import { session_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";

export function NameForm() {
  const { user, csrf_token } = useSession();
  const queries = useQueryClient();
  const router = useRouter();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: user.name },
    validate: { name: isNotEmpty("Your name, as others shall see it.") },
  });
  const renaming = useMutation({
    mutationFn: (name: string) => rename_person(name, csrf_token),
    onSuccess: async () => {
      // A session that was put in place by hand, after a change of password, is fetched as well.
      await queries.fetchQuery({ ...session_query, staleTime: 0 });
      await router.invalidate();
    },
  });

  return (
    <Stack component="section" aria-label="Name" gap="sm" maw={420}>
      <Title order={2} size="h4">
        Name
      </Title>
      <form onSubmit={form.onSubmit(({ name }) => renaming.mutate(name))} noValidate>
        <Group align="flex-end" wrap="nowrap">
          <TextInput
            label="Your name"
            name="name"
            autoComplete="name"
            flex={1}
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
          <Button type="submit" variant="default" loading={renaming.isPending}>
            {renaming.isSuccess ? "Saved" : "Save"}
          </Button>
        </Group>
      </form>
      <Problem error={renaming.error} />
    </Stack>
  );
}
