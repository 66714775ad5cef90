// SPDX-License-Identifier: Apache-2.0
// Nano-dollars as people read them, exactly: never through a floating-point division.

const kNanoUsdPerUsd = 1_000_000_000n;
const kDecimals = 9;
const kDecimalsShownAtLeast = 2;

// 1_230_000 is "$0.00123"; 12_500_000_000 is "$12.50".
export function format_nanousd(nanousd: number | bigint): string {
  const amount = BigInt(nanousd);
  const magnitude = amount < 0n ? -amount : amount;
  const dollars = (magnitude / kNanoUsdPerUsd).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const decimals = (magnitude % kNanoUsdPerUsd)
    .toString()
    .padStart(kDecimals, "0")
    .replace(/0+$/, "")
    .padEnd(kDecimalsShownAtLeast, "0");
  return `${amount < 0n ? "-" : ""}$${dollars}.${decimals}`;
}

// The decimal that the API takes ("12.50"), or null if it is none or finer than a nano-dollar.
export function parse_usd(text: string): string | null {
  const decimal = text.trim().replace(/^\$/, "");
  return /^\d{1,9}(\.\d{1,9})?$/.test(decimal) ? decimal : null;
}

// What stands in a field to be edited: no sign, no thousands.
export function nanousd_to_decimal(nanousd: number): string {
  return format_nanousd(nanousd).replace(/[$,]/g, "");
}
