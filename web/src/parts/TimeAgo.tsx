// SPDX-License-Identifier: Apache-2.0
import { Text } from "@mantine/core";

import { format_absolute, format_relative } from "../format/time";

// How long ago; the exact time on hovering.
export function TimeAgo({ at_unix_s }: { at_unix_s: number }) {
  const at_unix_ms = at_unix_s * 1_000;
  return (
    <Text
      component="time"
      inherit
      style={{ whiteSpace: "nowrap" }}
      title={format_absolute(at_unix_ms)}
      dateTime={new Date(at_unix_ms).toISOString()}
    >
      {format_relative(at_unix_ms, Date.now())}
    </Text>
  );
}
