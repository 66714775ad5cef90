// SPDX-License-Identifier: Apache-2.0
import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { ProductName } from "./ProductName";

interface EntryCardProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}

// The frame of the pages before the shell: setup and sign-in.
export function EntryCard({ title, lead, children }: EntryCardProps) {
  return (
    <Center mih="100vh" p="md" component="main">
      <Stack w="100%" maw={420} gap="lg">
        <Center>
          <ProductName />
        </Center>
        <Paper withBorder shadow="sm" p="xl">
          <Stack>
            <div>
              <Title order={1} size="h3">
                {title}
              </Title>
              {lead && (
                <Text c="dimmed" size="sm" mt={4}>
                  {lead}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
