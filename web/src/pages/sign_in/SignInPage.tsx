// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { sign_in } from "../../api/entry";
import { session_query, sign_up_query } from "../../api/queries";
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
          <OtherWays />
        </Stack>
      </form>
    </EntryCard>
  );
}

// For who forgot the password, and for who has none yet where that can be helped.
function OtherWays() {
  const { data } = useQuery(sign_up_query);
  return (
    <Group justify="space-between">
      <Anchor size="sm" renderRoot={(props) => <Link to="/forgot-password" {...props} />}>
        Forgot your password?
      </Anchor>
      {data?.is_open && (
        <Anchor size="sm" renderRoot={(props) => <Link to="/sign-up" {...props} />}>
          Sign up
        </Anchor>
      )}
    </Group>
  );
}
