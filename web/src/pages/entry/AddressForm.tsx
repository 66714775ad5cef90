// SPDX-License-Identifier: Apache-2.0
import { Alert, Anchor, Button, Stack, TextInput } from "@mantine/core";
import { isEmail, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Problem } from "../../parts/Problem";

interface AddressFormProps {
  action: string;
  send: (email: string) => Promise<unknown>;
  // Said whether or not the address has an account.
  sent: string;
}

// Asks for an address to which a link is sent.
export function AddressForm({ action, send, sent }: AddressFormProps) {
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: isEmail("An e-mail address, such as you@example.org.") },
  });
  const sending = useMutation({ mutationFn: send });

  return (
    <form onSubmit={form.onSubmit(({ email }) => sending.mutate(email))} noValidate>
      <Stack>
        {sending.isSuccess ? (
          <Alert color="teal" title="Look into your mail" role="status">
            {sent}
          </Alert>
        ) : (
          <>
            <TextInput
              label="E-mail"
              name="email"
              type="email"
              autoComplete="username"
              autoFocus
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <Problem error={sending.error} />
            <Button type="submit" loading={sending.isPending}>
              {action}
            </Button>
          </>
        )}
        <Anchor size="sm" renderRoot={(props) => <Link to="/sign-in" {...props} />}>
          Back to sign-in
        </Anchor>
      </Stack>
    </form>
  );
}
