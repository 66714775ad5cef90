// SPDX-License-Identifier: Apache-2.0
import type { UsageSeries } from "./usage_series";

// Neighbours differ in lightness as well as in hue; each stands out from both backgrounds.
const kColors = ["cyan", "orange", "grape", "lime", "indigo", "pink", "red"].map(
  (name, i) =>
    `light-dark(var(--mantine-color-${name}-${i % 2 === 0 ? 8 : 6}),` +
    ` var(--mantine-color-${name}-${i % 2 === 0 ? 5 : 3}))`,
);
const kOthersColor = "light-dark(var(--mantine-color-gray-5), var(--mantine-color-gray-7))";

export function color_of_series({ is_others }: UsageSeries, position: number): string {
  return is_others ? kOthersColor : (kColors[position % kColors.length] ?? kOthersColor);
}
