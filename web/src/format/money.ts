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

// 1_230_000 is "0.001230000": for programs, which need not guess how many digits there are.
export function nanousd_to_nine_digits(nanousd: number): string {
  const amount = BigInt(nanousd);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(kDecimals + 1, "0");
  const decimal = `${digits.slice(0, -kDecimals)}.${digits.slice(-kDecimals)}`;
  return amount < 0n ? `-${decimal}` : decimal;
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

const kNanoUsdPerCent = 10_000_000n;

export function format_cents(cents: number): string {
  return format_nanousd(BigInt(cents) * kNanoUsdPerCent);
}

export function cents_to_decimal(cents: number): string {
  return format_cents(cents).replace(/[$,]/g, "");
}

// Whole cents, at least one; null if the text is no such amount.
export function parse_cents(text: string): number | null {
  const decimal = text.trim().replace(/^\$/, "");
  const parts = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(decimal);
  if (parts === null) return null;
  const cents = Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
  return cents === 0 ? null : cents;
}
