// SPDX-License-Identifier: Apache-2.0
import { Badge, Group, Stack, Text } from "@mantine/core";

import type { CallExplanation } from "../../api/types";
import { marks_of, notes_of } from "./call_marks";

// Always in sight, also where there is nothing to say.
export function CallMarks({ explained }: { explained: CallExplanation }) {
  return (
    <Stack gap={6} role="group" aria-label="Marks">
      {marks_of(explained).map(({ name, label, is_on, meaning }) => (
        <Mark
          key={name}
          text={label}
          color={is_on ? "orange" : "gray"}
          meaning={meaning}
        />
      ))}
      {notes_of(explained).map(({ name, meaning }) => (
        <Mark key={name} text={name.replaceAll("_", " ")} color="blue" meaning={meaning} />
      ))}
    </Stack>
  );
}

function Mark({ text, color, meaning }: { text: string; color: string; meaning: string }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Badge variant="light" tt="none" miw={150} flex="none" color={color}>
        {text}
      </Badge>
      <Text size="sm">{meaning}</Text>
    </Group>
  );
}
