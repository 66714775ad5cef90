// SPDX-License-Identifier: Apache-2.0
import { Paper, Stack, Tabs, Text, Title } from "@mantine/core";

import { CodeSample } from "../../parts/CodeSample";
import { AddProviderForm } from "./AddProviderForm";

const kCommand = `tollgate providers add openai --kind openai-compatible \\
  --base-url https://api.openai.com/v1 --credential-env OPENAI_PROVIDER_KEY`;

export function AddProvider() {
  return (
    <Paper withBorder p="lg">
      <Stack>
        <Title order={2} size="h4">
          Add a provider
        </Title>
        <Tabs defaultValue="here">
          <Tabs.List mb="md">
            <Tabs.Tab value="here">Here</Tabs.Tab>
            <Tabs.Tab value="command">On the command line</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="here">
            <AddProviderForm />
          </Tabs.Panel>
          <Tabs.Panel value="command">
            <Text size="sm" c="dimmed" mb="xs">
              The credential is read from the environment variable that you name, so that it stands
              neither in your shell's history nor in the list of processes.
            </Text>
            <CodeSample text={kCommand} />
          </Tabs.Panel>
        </Tabs>
      </Stack>
    </Paper>
  );
}
