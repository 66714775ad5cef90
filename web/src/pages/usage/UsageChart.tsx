// SPDX-License-Identifier: Apache-2.0
import { Box, Group, Paper, Text, VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useState } from "react";

import { format_count, format_count_short } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { full_label, short_label } from "./usage_labels";
import { ticks_up_to, type UsageSeries } from "./usage_series";
import type { UsageMetric } from "./usage_view";

// Neighbours differ in lightness as well as in hue; each stands out from both backgrounds.
const kColors = ["cyan", "orange", "grape", "lime", "indigo", "pink", "red"].map(
  (name, i) =>
    `light-dark(var(--mantine-color-${name}-${i % 2 === 0 ? 8 : 6}),` +
    ` var(--mantine-color-${name}-${i % 2 === 0 ? 5 : 3}))`,
);
const kOthersColor = "light-dark(var(--mantine-color-gray-5), var(--mantine-color-gray-7))";

const kHeight = 260;
const kTop = 10;
const kBottom = 24;
const kLabelWidth = 64;
const kCharacterWidth = 6.6;
const kTooltipWidth = 280;
const kGapMax = 8;

interface UsageChartProps {
  series: UsageSeries[];
  starts: string[];
  step: string;
  metric: UsageMetric;
  // "Charge by day"
  title: string;
}

export function color_of_series({ is_others }: UsageSeries, position: number): string {
  return is_others ? kOthersColor : (kColors[position % kColors.length] ?? kOthersColor);
}

function format_of(metric: UsageMetric) {
  return metric === "charge" ? format_nanousd : format_count;
}

// Columns over time, stacked. By keyboard one goes from column to column, and what the tooltip
// shows is told.
export function UsageChart({ series, starts, step, metric, title }: UsageChartProps) {
  const { ref, width } = useElementSize();
  const [chosen, set_active] = useState<number | null>(null);
  const last = starts.length - 1;
  const active = chosen === null ? null : Math.min(chosen, last);
  const total_at = (i: number) => series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0);
  const totals = starts.map((_, i) => total_at(i));
  const ticks = ticks_up_to(Math.max(0, ...totals));
  const tick_format = metric === "charge" ? format_nanousd : format_count_short;
  const left = 10 + kCharacterWidth * Math.max(...ticks.map((tick) => tick_format(tick).length));
  const scale: Scale = {
    left,
    width: Math.max(1, width - left),
    height: kHeight - kTop - kBottom,
    columns: starts.length,
    largest: ticks[ticks.length - 1] ?? 1,
  };
  const on_key = (event: KeyboardEvent) => {
    const to = next_column(event.key, active, last);
    if (to === undefined) return;
    event.preventDefault();
    set_active(to);
  };
  const on_pointer = (event: PointerEvent) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left - left;
    const at = Math.floor((x / scale.width) * starts.length);
    set_active(x < 0 ? null : Math.min(at, last));
  };
  const told = active === null ? "" : tell(active, series, starts, step, metric);
  return (
    <Box>
      <Box
        ref={ref}
        pos="relative"
        role="slider"
        tabIndex={0}
        aria-label={`${title}: arrow keys go through the steps`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={active ?? 0}
        aria-valuetext={told || "No step is chosen"}
        onKeyDown={on_key}
        onBlur={() => set_active(null)}
        onPointerMove={on_pointer}
        onPointerDown={on_pointer}
        onPointerLeave={() => set_active(null)}
      >
        <svg width="100%" height={kHeight} aria-hidden style={{ display: "block" }}>
          <Ticks ticks={ticks} format={tick_format} scale={scale} />
          <Columns series={series} scale={scale} active={active} />
          <StepLabels starts={starts} step={step} scale={scale} />
        </svg>
        {active !== null && (
          <Tooltip
            label={full_label(starts[active] ?? "", step)}
            total={format_of(metric)(totals[active] ?? 0)}
            rows={rows_at(active, series, metric)}
            left={tooltip_left(active, scale, width)}
          />
        )}
        <VisuallyHidden>
          {series.map(({ name }) => name).join(", ")}. The table below has all sums.
        </VisuallyHidden>
      </Box>
      {series.length > 1 && <Legend series={series} />}
    </Box>
  );
}

// Nothing: the key is none of the chart's. Null: no column.
function next_column(key: string, active: number | null, last: number): number | null | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return active === null ? 0 : Math.min(active + 1, last);
    case "ArrowLeft":
    case "ArrowDown":
      return active === null ? last : Math.max(active - 1, 0);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

interface Row {
  name: string;
  value: string;
  color: string;
}

function rows_at(at: number, series: UsageSeries[], metric: UsageMetric): Row[] {
  return series.flatMap((each, position) => {
    const value = each.values[at] ?? 0;
    if (value === 0) return [];
    const color = color_of_series(each, position);
    return [{ name: each.name, value: format_of(metric)(value), color }];
  });
}

function tell(
  at: number,
  series: UsageSeries[],
  starts: string[],
  step: string,
  metric: UsageMetric,
): string {
  const rows = rows_at(at, series, metric).map(({ name, value }) => `${name} ${value}`);
  return `${full_label(starts[at] ?? "", step)}: ${rows.join(", ") || "nothing"}`;
}

interface Scale {
  left: number;
  width: number;
  height: number;
  columns: number;
  largest: number;
}

function column_x({ left, width, columns }: Scale, i: number): number {
  return left + (width * i) / columns;
}

function tooltip_left(at: number, scale: Scale, width: number): number | null {
  if (width < 2 * kTooltipWidth) return null;
  const beside = column_x(scale, at + 1) + 6;
  if (beside + kTooltipWidth <= width) return beside;
  return Math.max(0, column_x(scale, at) - kTooltipWidth - 6);
}

interface TicksProps {
  ticks: number[];
  format: (tick: number) => string;
  scale: Scale;
}

function Ticks({ ticks, format, scale }: TicksProps) {
  return ticks.map((tick) => {
    const y = kTop + scale.height * (1 - tick / scale.largest);
    return (
      <g key={tick}>
        <line
          x1={scale.left}
          x2={scale.left + scale.width}
          y1={y}
          y2={y}
          stroke="var(--mantine-color-default-border)"
        />
        <ChartText x={scale.left - 6} y={y + 4} anchor="end" text={format(tick)} />
      </g>
    );
  });
}

interface ChartTextProps {
  x: number;
  y: number;
  anchor: "start" | "middle" | "end";
  text: string;
}

function ChartText({ x, y, anchor, text }: ChartTextProps) {
  return (
    <text x={x} y={y} textAnchor={anchor} fontSize={11} fill="var(--mantine-color-dimmed)">
      {text}
    </text>
  );
}

interface ColumnsProps {
  series: UsageSeries[];
  scale: Scale;
  active: number | null;
}

function Columns({ series, scale, active }: ColumnsProps) {
  const slot = scale.width / scale.columns;
  const gap = Math.min(kGapMax, slot * 0.25);
  return Array.from({ length: scale.columns }, (_, i) => {
    let base = kTop + scale.height;
    return (
      <g key={i} opacity={active === null || active === i ? 1 : 0.55}>
        {series.map((each, position) => {
          const height = (scale.height * (each.values[i] ?? 0)) / scale.largest;
          base -= height;
          return height > 0 ? (
            <rect
              key={each.id}
              x={column_x(scale, i) + gap / 2}
              y={base}
              width={slot - gap}
              height={height}
              style={{ fill: color_of_series(each, position) }}
            />
          ) : null;
        })}
      </g>
    );
  });
}

interface StepLabelsProps {
  starts: string[];
  step: string;
  scale: Scale;
}

// As many as fit beside each other.
function StepLabels({ starts, step, scale }: StepLabelsProps) {
  const slot = scale.width / scale.columns;
  const every = Math.max(1, Math.ceil(kLabelWidth / slot));
  return starts.map((start, i) => {
    const x = column_x(scale, i) + slot / 2;
    const is_cut = x + kLabelWidth / 2 > scale.left + scale.width + 12;
    if (i % every !== 0 || is_cut) return null;
    return (
      <ChartText
        key={start}
        x={x}
        y={kHeight - 6}
        anchor="middle"
        text={short_label(start, step)}
      />
    );
  });
}

interface TooltipProps {
  label: string;
  total: string;
  rows: Row[];
  // Null: there is no room beside a column, so it stands below.
  left: number | null;
}

function Tooltip({ label, total, rows, left }: TooltipProps) {
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

function Legend({ series }: { series: UsageSeries[] }) {
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
