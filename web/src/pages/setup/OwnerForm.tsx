// SPDX-License-Identifier: Apache-2.0
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { isEmail, isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { create_owner } from "../../api/entry";
import { session_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { kPasswordCharactersMin, password_problem } from "./password";

export function OwnerForm({ token }: { token: string }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", email: "", password: "" },
    validate: {
      name: isNotEmpty("Your name, as others shall see it."),
      email: isEmail("An e-mail address, such as you@example.org."),
      password: password_problem,
    },
  });
  const creating = useMutation({
    mutationFn: (owner: typeof form.values) => create_owner({ token, ...owner }),
    onSuccess: (session) => {
      queries.setQueryData(session_query.queryKey, session);
      void navigate({ to: "/keys", replace: true });
    },
  });

  return (
    <form onSubmit={form.onSubmit((owner) => creating.mutate(owner))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          name="name"
          autoComplete="name"
          autoFocus
          key={form.key("name")}
          {...form.getInputProps("name")}
        />
        <TextInput
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label="Password"
          name="password"
          description={`${kPasswordCharactersMin} characters or more; some words are easy to keep.`}
          autoComplete="new-password"
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Problem error={creating.error} />
        <Button type="submit" loading={creating.isPending}>
          Create owner
        </Button>
      </Stack>
    </form>
  );
}
