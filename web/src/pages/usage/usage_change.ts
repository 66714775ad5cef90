// SPDX-License-Identifier: Apache-2.0
// How a sum compares with that of the time before, in words.

// Not on a line of its own.
const kPercent = "\u00a0%";

const kTenths = 10;
const kPercentsWithTenths = 10;

// "+12 %", "−3.4 %"; nothing where there was nothing to compare with.
function percent(now: number, before: number): string {
  const exact = (100 * (now - before)) / before;
  const places = Math.abs(exact) < kPercentsWithTenths ? kTenths : 1;
  const rounded = Math.round(exact * places) / places;
  if (rounded === 0) return `±0${kPercent}`;
  const digits = Math.abs(rounded).toLocaleString("en-US");
  return `${rounded > 0 ? "+" : "−"}${digits}${kPercent}`;
}

export function change_of(
  now: number,
  before: number,
  format: (amount: number) => string,
): string {
  if (now === before) return now === 0 ? "none before either" : "as much as before";
  const difference = `${now > before ? "+" : "−"}${format(Math.abs(now - before))}`;
  if (before === 0) return `${difference}, none before`;
  return `${difference} (${percent(now, before)})`;
}
