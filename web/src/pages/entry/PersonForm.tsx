// SPDX-License-Identifier: Apache-2.0
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";

import type { NewPerson } from "../../api/entry";
import type { Session } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { useEnterSession } from "../../shell/session";
import { kPasswordCharactersMin, password_problem } from "../setup/password";

interface PersonFormProps {
  token: string;
  email: string;
  // Who has an account proves that it is theirs; all others choose a name and a password.
  has_account?: boolean;
  action: string;
  send: (person: NewPerson) => Promise<Session>;
}

export function PersonForm({ token, email, has_account = false, action, send }: PersonFormProps) {
  const navigate = useNavigate();
  const enter = useEnterSession();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "", password: "" },
    validate: {
      name: (name) => (has_account || name.trim() ? null : "Your name, as others shall see it."),
      password: (password) =>
        has_account ? (password ? null : "Your password.") : password_problem(password),
    },
  });
  const sending = useMutation({
    mutationFn: (person: typeof form.values) => send({ token, ...person }),
    onSuccess: (session) => {
      enter(session);
      void navigate({ to: "/keys", replace: true });
    },
  });

  return (
    <form onSubmit={form.onSubmit((person) => sending.mutate(person))} noValidate>
      <Stack>
        <TextInput label="E-mail" name="email" autoComplete="username" value={email} readOnly />
        {!has_account && (
          <TextInput
            label="Name"
            name="name"
            autoComplete="name"
            autoFocus
            key={form.key("name")}
            {...form.getInputProps("name")}
          />
        )}
        <PasswordInput
          label="Password"
          name="password"
          description={
            has_account
              ? "Of the account that you have."
              : `${kPasswordCharactersMin} characters or more; some words are easy to keep.`
          }
          autoComplete={has_account ? "current-password" : "new-password"}
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Problem error={sending.error} />
        <Button type="submit" loading={sending.isPending}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
