// SPDX-License-Identifier: Apache-2.0
import { Paper, Stack, Tabs, Text, Title } from "@mantine/core";

import { CodeSample } from "../../parts/CodeSample";
import { environment_lines, first_call_samples } from "./samples";

// What the page shows until a first call has come.
export function FirstCall({ has_key }: { has_key: boolean }) {
  const samples = first_call_samples();
  return (
    <Paper withBorder p="lg">
      <Stack>
        <div>
          <Title order={2} size="h4">
            Make your first call
          </Title>
          <Text c="dimmed" size="sm">
            {has_key ? "Set the key that you copied" : "Create an API key above, set it"} in your
            shell, and run any program that uses an OpenAI client.
          </Text>
        </div>
        <CodeSample text={environment_lines("sk-tg-…", window.location.origin)} />
        <Tabs defaultValue={samples[0]?.name ?? null}>
          <Tabs.List mb="sm">
            {samples.map(({ name }) => (
              <Tabs.Tab key={name} value={name}>
                {name}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {samples.map(({ name, text }) => (
            <Tabs.Panel key={name} value={name}>
              <CodeSample text={text} />
            </Tabs.Panel>
          ))}
        </Tabs>
      </Stack>
    </Paper>
  );
}
