// SPDX-License-Identifier: Apache-2.0
import { Code, Group } from "@mantine/core";

import { CopyButton } from "./CopyButton";

// Lines to be pasted elsewhere, with a button that copies them. Long lines scroll: broken ones
// would be read as two.
export function CodeSample({ text }: { text: string }) {
  return (
    <Group align="flex-start" gap="xs" wrap="nowrap">
      <Code block flex={1} miw={0}>
        {text}
      </Code>
      <CopyButton text={text} size="xs" variant="default" flex="none" />
    </Group>
  );
}
