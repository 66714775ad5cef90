// SPDX-License-Identifier: Apache-2.0
import { Anchor, Button, Center, Stack, Text, Title } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";

import { message_of } from "../api/errors";

export function PageFailed({ error }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Center mih="60vh" p="md">
      <Stack align="center">
        <Title order={2}>This page could not be shown</Title>
        <Text>{message_of(error)}</Text>
        <Button onClick={() => void router.invalidate()}>Try again</Button>
      </Stack>
    </Center>
  );
}

export function PageMissing() {
  return (
    <Center mih="60vh" p="md">
      <Stack align="center">
        <Title order={2}>There is no such page</Title>
        <Anchor renderRoot={(props) => <Link to="/keys" {...props} />}>Go to your API keys</Anchor>
      </Stack>
    </Center>
  );
}
