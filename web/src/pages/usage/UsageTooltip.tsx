// SPDX-License-Identifier: Apache-2.0
import { Box, Group, Paper, Text } from "@mantine/core";

import { column_x, kTop, type Scale } from "./UsageColumns";
import { color_of_series } from "./usage_colors";
import type { UsageSeries } from "./usage_series";

const kTooltipWidth = 280;

export interface TooltipRow {
  name: string;
  value: string;
  color: string;
}

export function tooltip_left(at: number, scale: Scale, width: number): number | null {
  if (width < 2 * kTooltipWidth) return null;
  const beside = column_x(scale, at + 1) + 6;
  if (beside + kTooltipWidth <= width) return beside;
  return Math.max(0, column_x(scale, at) - kTooltipWidth - 6);
}

interface TooltipProps {
  label: string;
  total: string;
  rows: TooltipRow[];
  // Null: there is no room beside a column, so it stands below.
  left: number | null;
}

export function UsageTooltip({ label, total, rows, left }: TooltipProps) {
  return (
    <Paper
      withBorder
      shadow="md"
      p="xs"
      {...(left !== null && { pos: "absolute", top: kTop, left, w: kTooltipWidth })}
      style={{ pointerEvents: "none", zIndex: 1 }}
      data-testid="usage-tooltip"
    >
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" fw={700}>
        {total}
      </Text>
      {rows.length > 1 &&
        rows.map(({ name, value, color }) => (
          <Group key={name} gap={6} wrap="nowrap" align="flex-start">
            <Swatch color={color} />
            <Text size="xs" flex={1} truncate>
              {name}
            </Text>
            <Text size="xs" style={{ whiteSpace: "nowrap" }}>
              {value}
            </Text>
          </Group>
        ))}
    </Paper>
  );
}

export function UsageLegend({ series }: { series: UsageSeries[] }) {
  return (
    <Group gap="md" mt="xs" aria-hidden>
      {series.map((each, position) => (
        <Group key={each.id} gap={6} wrap="nowrap" align="flex-start" maw="100%">
          <Swatch color={color_of_series(each, position)} />
          <Text size="xs" truncate>
            {each.name}
          </Text>
        </Group>
      ))}
    </Group>
  );
}

function Swatch({ color }: { color: string }) {
  return <Box w={10} h={10} mt={4} flex="none" bg={color} style={{ borderRadius: 2 }} />;
}
