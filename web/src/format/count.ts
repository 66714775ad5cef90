// SPDX-License-Identifier: Apache-2.0

const kCount = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const kShort = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

// 1234567 is "1,234,567"; seconds may have a decimal.
export function format_count(count: number): string {
  return kCount.format(count);
}

// 1_500_000 is "1.5M": where there is little room.
export function format_count_short(count: number): string {
  return kShort.format(count);
}
