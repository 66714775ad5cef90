// SPDX-License-Identifier: Apache-2.0
// What the chart is drawn of, in pixels.

import { color_of_series } from "./usage_colors";
import { short_label } from "./usage_labels";
import type { UsageSeries } from "./usage_series";

export const kHeight = 260;
export const kTop = 10;
export const kBottom = 24;
const kLabelWidth = 64;
const kGapMax = 8;

export interface Scale {
  left: number;
  width: number;
  height: number;
  columns: number;
  largest: number;
}

export function column_x({ left, width, columns }: Scale, i: number): number {
  return left + (width * i) / columns;
}

interface TicksProps {
  ticks: number[];
  format: (tick: number) => string;
  scale: Scale;
}

export function Ticks({ ticks, format, scale }: TicksProps) {
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

export function Columns({ series, scale, active }: ColumnsProps) {
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
export function StepLabels({ starts, step, scale }: StepLabelsProps) {
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
