// SPDX-License-Identifier: Apache-2.0
import { SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";

export interface Fact {
  label: string;
  value: ReactNode;
}

// What is known of one thing: label and value, in pairs.
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <SimpleGrid component="dl" m={0} cols={2} spacing="sm" verticalSpacing="sm">
      {facts.map(({ label, value }) => (
        <div key={label}>
          <Text component="dt" size="xs" c="dimmed">
            {label}
          </Text>
          <Text component="dd" m={0} size="sm" style={{ overflowWrap: "anywhere" }}>
            {value}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}
