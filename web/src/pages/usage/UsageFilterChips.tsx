// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Pill, Text } from "@mantine/core";

import type { Usage } from "../../api/types";
import { name_in_group } from "./usage_series";
import { filters_of, kGroupings, type UsageView, widened } from "./usage_view";

interface UsageFilterChipsProps {
  view: UsageView;
  // By what the view is narrowed to: what its ids are called.
  named: Usage | undefined;
  on_change: (view: UsageView) => void;
}

// What the page is narrowed to; nothing while it is not.
export function UsageFilterChips({ view, named, on_change }: UsageFilterChipsProps) {
  const chosen = kGroupings.filter(({ filter }) => view[filter] !== undefined);
  if (chosen.length === 0) return null;
  const clear = () =>
    on_change(chosen.reduce((wider, { filter }) => widened(wider, filter), view));
  return (
    <Group gap="xs" role="group" aria-label="Narrowed to">
      <Text size="sm" c="dimmed">
        Only
      </Text>
      {chosen.map(({ value, label, filter }) => {
        const group = { ...named?.groups[0], ...filters_of(view) };
        const name = name_in_group(group as Usage["groups"][number], value);
        return (
          <Pill
            key={filter}
            size="md"
            withRemoveButton
            removeButtonProps={{
              "aria-label": `Remove ${label.toLowerCase()} ${name}`,
              "aria-hidden": false,
              tabIndex: 0,
            }}
            onRemove={() => on_change(widened(view, filter))}
          >
            {`${label}: ${name}`}
          </Pill>
        );
      })}
      {chosen.length > 1 && (
        <Button size="compact-xs" variant="subtle" onClick={clear}>
          Show all
        </Button>
      )}
    </Group>
  );
}
