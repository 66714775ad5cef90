// SPDX-License-Identifier: Apache-2.0
import { NativeSelect, Select, SimpleGrid, TextInput } from "@mantine/core";

import type { UsageGrouping } from "../../api/usage";
import { browser_time_zone, count_days, type Days, is_day } from "./usage_days";
import {
  groupings_of,
  kGroupings,
  kRanges,
  kSteps,
  step_that_suits,
  steps_for,
  type UsageStep,
  type UsageView,
} from "./usage_view";

interface UsageControlsProps {
  view: UsageView;
  days: Days;
  on_change: (view: UsageView) => void;
}

// Which time, and what it is divided by.
export function UsageControls({ view, days, on_change }: UsageControlsProps) {
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="sm" verticalSpacing="sm">
      <NativeSelect
        label="Range"
        data={kRanges}
        value={view.range}
        onChange={(event) => on_change(with_range(view, event.currentTarget.value, days))}
      />
      {view.range === "custom" && (
        <>
          <DayInput
            label="First day"
            day={days.from}
            on_change={(from) => on_change({ ...view, from, to: from > days.to ? from : days.to })}
          />
          <DayInput
            label="Last day"
            day={days.to}
            on_change={(to) =>
              on_change({ ...view, from: to < days.from ? to : days.from, to })
            }
          />
        </>
      )}
      <Select
        label="Time zone"
        searchable
        allowDeselect={false}
        data={time_zones(view.time_zone)}
        nothingFoundMessage="No such time zone"
        value={view.time_zone}
        onChange={(time_zone) => time_zone !== null && on_change({ ...view, time_zone })}
      />
      <StepSelect view={view} days={count_days(days)} on_change={on_change} />
      <GroupingSelects view={view} on_change={on_change} />
    </SimpleGrid>
  );
}

function with_range(view: UsageView, value: string, days: Days): UsageView {
  const { from: _, to: _to, ...rest } = view;
  const range = kRanges.find((each) => each.value === value)?.value ?? view.range;
  // One changes the days that were shown.
  return range === "custom" ? { ...rest, range, ...days } : { ...rest, range };
}

interface DayInputProps {
  label: string;
  day: string;
  on_change: (day: string) => void;
}

// What is half typed is no day yet, and changes nothing.
function DayInput({ label, day, on_change }: DayInputProps) {
  return (
    <TextInput
      key={day}
      type="date"
      label={label}
      defaultValue={day}
      onBlur={({ currentTarget: { value } }) => {
        if (is_day(value) && value !== day) on_change(value);
      }}
      onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
    />
  );
}

interface StepSelectProps {
  view: UsageView;
  days: number;
  on_change: (view: UsageView) => void;
}

function StepSelect({ view, days, on_change }: StepSelectProps) {
  const steps = steps_for(days);
  const suits = kSteps.find(({ value }) => value === step_that_suits(days))?.label ?? "";
  return (
    <NativeSelect
      label="Step"
      data={[
        { value: "", label: `Automatic: ${suits.toLowerCase()}` },
        ...steps.map(({ value, label }) => ({ value, label })),
      ]}
      value={steps.some(({ value }) => value === view.step) ? view.step : ""}
      onChange={(event) => {
        const { step: _, ...rest } = view;
        const step = event.currentTarget.value as UsageStep | "";
        on_change(step === "" ? rest : { ...rest, step });
      }}
    />
  );
}

function GroupingSelects({ view, on_change }: Omit<UsageControlsProps, "days">) {
  const [by] = groupings_of(view);
  const others = kGroupings.filter(({ value }) => value !== by);
  const choose = (chosen: UsageView["by"], then: UsageGrouping | undefined) => {
    const { and_by: _, sort: _sort, order: _order, ...rest } = view;
    const has_second = chosen !== "none" && then !== undefined && then !== chosen;
    on_change({ ...rest, by: chosen, ...(has_second && { and_by: then }) });
  };
  return (
    <>
      <NativeSelect
        label="Group by"
        data={[{ value: "none", label: "Nothing" }, ...kGroupings.map(option_of)]}
        value={view.by}
        onChange={(event) => choose(event.currentTarget.value as UsageView["by"], view.and_by)}
      />
      <NativeSelect
        label="And by"
        disabled={view.by === "none"}
        data={[{ value: "", label: "Nothing else" }, ...others.map(option_of)]}
        value={view.and_by ?? ""}
        onChange={(event) =>
          choose(view.by, (event.currentTarget.value || undefined) as UsageGrouping | undefined)
        }
      />
    </>
  );
}

function option_of({ value, label }: { value: UsageGrouping; label: string }) {
  return { value, label };
}

// The browser's own and UTC come first.
function time_zones(chosen: string): string[] {
  const all = Intl.supportedValuesOf("timeZone");
  return [...new Set([browser_time_zone(), "UTC", chosen, ...all])];
}
