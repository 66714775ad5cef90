// SPDX-License-Identifier: Apache-2.0
import { Alert, Button, Group, PasswordInput, Stack, Title } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";

import { change_password } from "../../api/profile";
import { Problem } from "../../parts/Problem";
import { useRenewSession, useSession } from "../../shell/session";
import { kPasswordCharactersMin, password_problem } from "../setup/password";

export function PasswordForm() {
  const { csrf_token } = useSession();
  const renew = useRenewSession();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { current: "", wanted: "" },
    validate: { current: isNotEmpty("Your present password."), wanted: password_problem },
  });
  const changing = useMutation({
    mutationFn: ({ current, wanted }: typeof form.values) =>
      change_password(current, wanted, csrf_token),
    onSuccess: (session) => {
      form.reset();
      renew(session);
    },
  });

  return (
    <Stack component="section" aria-label="Password" gap="sm" maw={420}>
      <Title order={2} size="h4">
        Password
      </Title>
      <form onSubmit={form.onSubmit((passwords) => changing.mutate(passwords))} noValidate>
        <Stack gap="sm">
          <PasswordInput
            label="Present password"
            name="current-password"
            autoComplete="current-password"
            key={form.key("current")}
            {...form.getInputProps("current")}
          />
          <PasswordInput
            label="New password"
            name="new-password"
            description={`${kPasswordCharactersMin} characters or more. Your other sessions end.`}
            autoComplete="new-password"
            key={form.key("wanted")}
            {...form.getInputProps("wanted")}
          />
          <Problem error={changing.error} />
          {changing.isSuccess && (
            <Alert color="teal" role="status">
              Your password is changed, and your other sessions have ended.
            </Alert>
          )}
          <Group>
            <Button type="submit" variant="default" loading={changing.isPending}>
              Change password
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
