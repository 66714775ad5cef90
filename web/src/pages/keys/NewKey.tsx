// SPDX-License-Identifier: Apache-2.0
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";

import { CodeSample } from "../../parts/CodeSample";
import { CopyButton } from "../../parts/CopyButton";
import { environment_lines } from "./samples";

interface NewKeyProps {
  value: string;
  // What else to know, of a key that had another secret before.
  note?: string;
  on_done: () => void;
}

export function NewKey({ value, note, on_done }: NewKeyProps) {
  return (
    <Stack>
      <Alert color="yellow" title="This key will not be shown again">
        Copy it now and keep it somewhere safe. If you lose it, rotate or revoke it. {note}
      </Alert>
      <Group align="flex-end" wrap="nowrap" gap="xs">
        <TextInput
          label="Your new API key"
          value={value}
          readOnly
          flex={1}
          autoComplete="off"
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          data-autofocus
        />
        <CopyButton text={value} label="Copy key" />
      </Group>
      <div>
        <Text size="sm" fw={500} mb={4}>
          For your shell
        </Text>
        <CodeSample text={environment_lines(value, window.location.origin)} />
      </div>
      <Group justify="flex-end">
        <Button onClick={on_done}>Done</Button>
      </Group>
    </Stack>
  );
}
