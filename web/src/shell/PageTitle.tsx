// SPDX-License-Identifier: Apache-2.0
import { Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface PageTitleProps {
  title: string;
  lead: ReactNode;
  // What one does on this page, at its right.
  action?: ReactNode;
}

export function PageTitle({ title, lead, action }: PageTitleProps) {
  return (
    <Group justify="space-between" align="flex-end" gap="md">
      <div>
        <title>{`${title} · Tollgate`}</title>
        <Title order={1} size="h2">
          {title}
        </Title>
        <Text c="dimmed" size="sm" maw={640}>
          {lead}
        </Text>
      </div>
      {action}
    </Group>
  );
}
