// SPDX-License-Identifier: Apache-2.0
import { Group, Text } from "@mantine/core";

import mark from "../tollgate.svg";

export function ProductName() {
  return (
    <Group gap="xs" wrap="nowrap">
      <img src={mark} alt="" width={26} height={26} />
      <Text fw={700} size="lg">
        Tollgate
      </Text>
    </Group>
  );
}
