// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Paper, Progress, Stack, Text } from "@mantine/core";

import type { Limit } from "../../api/types";
import { format_amount, format_reset, format_rule, percent_used } from "../../format/limits";

interface LimitRowProps {
  limit: Limit;
  is_removing: boolean;
  on_change: () => void;
  on_remove: () => void;
}

// One limit: what it allows, how much of it is used, what is left and when it resets.
export function LimitRow({ limit, is_removing, on_change, on_remove }: LimitRowProps) {
  const rule = format_rule(limit);
  const reset = format_reset(limit, Date.now());
  const held = limit.held > 0 && limit.metric !== "concurrency";
  return (
    <Paper withBorder p="sm">
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm" fw={600}>
            {rule}
          </Text>
          <Group gap="xs" wrap="nowrap">
            <Button size="compact-xs" variant="default" onClick={on_change}>
              Change
            </Button>
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              loading={is_removing}
              onClick={on_remove}
              aria-label={`Remove ${rule}`}
            >
              Remove
            </Button>
          </Group>
        </Group>
        <Progress
          value={percent_used(limit)}
          color={limit.left === 0 ? "red" : "teal"}
          aria-label={`Used of ${rule}`}
        />
        <Text size="xs" c="dimmed">
          {format_amount(limit.metric, limit.left)} left
          {held && `, ${format_amount(limit.metric, limit.held)} held by running calls`}
          {reset !== null && `, ${reset}`}
        </Text>
      </Stack>
    </Paper>
  );
}
