// SPDX-License-Identifier: Apache-2.0
import { Box, VisuallyHidden } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useState } from "react";

import { format_count, format_count_short } from "../../format/count";
import { format_nanousd } from "../../format/money";
import { Columns, kBottom, kHeight, kTop, type Scale, StepLabels, Ticks } from "./UsageColumns";
import { tooltip_left, type TooltipRow, UsageLegend, UsageTooltip } from "./UsageTooltip";
import { color_of_series } from "./usage_colors";
import { full_label } from "./usage_labels";
import { ticks_up_to, type UsageSeries } from "./usage_series";
import type { UsageMetric } from "./usage_view";

const kCharacterWidth = 6.6;

interface UsageChartProps {
  series: UsageSeries[];
  starts: string[];
  step: string;
  metric: UsageMetric;
  // "Charge by day"
  title: string;
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
          <UsageTooltip
            label={full_label(starts[active] ?? "", step)}
            total={format_of(metric)(totals[active] ?? 0)}
            rows={rows_at(active, series, metric)}
            left={tooltip_left(active, scale, width)}
          />
        )}
      </Box>
      <VisuallyHidden>
        {series.map(({ name }) => name).join(", ")}. The table below has all sums.
      </VisuallyHidden>
      {series.length > 1 && <UsageLegend series={series} />}
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

function rows_at(at: number, series: UsageSeries[], metric: UsageMetric): TooltipRow[] {
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
