// SPDX-License-Identifier: Apache-2.0
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import { sign_in } from "../../api/client";
import { session_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { EntryCard } from "../../shell/EntryCard";

export function SignInPage() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: { email: isNotEmpty("Your e-mail."), password: isNotEmpty("Your password.") },
  });
  const signing_in = useMutation({
    mutationFn: ({ email, password }: typeof form.values) => sign_in(email, password),
    onSuccess: (session) => {
      queries.setQueryData(session_query.queryKey, session);
      void navigate({ to: "/keys", replace: true });
    },
  });

  return (
    <EntryCard title="Sign in">
      <title>Sign in · Tollgate</title>
      <form onSubmit={form.onSubmit((person) => signing_in.mutate(person))} noValidate>
        <Stack>
          <TextInput
            label="E-mail"
            name="email"
            type="email"
            autoComplete="username"
            autoFocus
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          <Problem error={signing_in.error} />
          <Button type="submit" loading={signing_in.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </EntryCard>
  );
}
