// SPDX-License-Identifier: Apache-2.0
import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { check_reset, reset_password } from "../../api/entry";
import { Problem } from "../../parts/Problem";
import { EntryCard } from "../../shell/EntryCard";
import { kPasswordCharactersMin, password_problem } from "../setup/password";
import { LinkGate } from "./LinkGate";

export function ResetPasswordPage() {
  return (
    <EntryCard title="Choose a new password">
      <title>New password · Tollgate</title>
      <LinkGate name="reset" check={check_reset}>
        {(token, { email }) => <ResetForm token={token} email={email} />}
      </LinkGate>
    </EntryCard>
  );
}

function ResetForm({ token, email }: { token: string; email: string }) {
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: password_problem },
  });
  const resetting = useMutation({
    mutationFn: (password: string) => reset_password(token, password),
  });

  if (resetting.isSuccess) {
    return (
      <Alert color="teal" title="Your password is changed" role="status">
        You were signed out everywhere.{" "}
        <Anchor inherit renderRoot={(props) => <Link to="/sign-in" {...props} />}>
          Sign in
        </Anchor>
      </Alert>
    );
  }
  return (
    <form onSubmit={form.onSubmit(({ password }) => resetting.mutate(password))} noValidate>
      <Stack>
        <TextInput label="E-mail" name="email" autoComplete="username" value={email} readOnly />
        <PasswordInput
          label="New password"
          name="password"
          description={`${kPasswordCharactersMin} characters or more; some words are easy to keep.`}
          autoComplete="new-password"
          autoFocus
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Problem error={resetting.error} />
        <Button type="submit" loading={resetting.isPending}>
          Change password
        </Button>
      </Stack>
    </form>
  );
}
