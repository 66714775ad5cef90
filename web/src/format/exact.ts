// SPDX-License-Identifier: Apache-2.0
// Sums of nano-dollars with nine decimals ("7500000.250000000"), as dollars: the point moves, and
// no digit is lost.

const kDecimals = 9;
const kDecimalsShownAtLeast = 2;

// "266800.000000000" is "$0.0002668", "0.506500000" is "$0.0000000005065".
export function format_exact_nanousd(exact: string): string {
  const [whole = "", decimals = ""] = exact.split(".");
  const digits = whole.padStart(kDecimals + 1, "0");
  const dollars = digits.slice(0, -kDecimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = `${digits.slice(-kDecimals)}${decimals}`
    .replace(/0+$/, "")
    .padEnd(kDecimalsShownAtLeast, "0");
  return `$${dollars}.${fraction}`;
}

// Whether rounding to a nano-dollar changed it.
export function has_remainder(exact: string): boolean {
  return /\.\d*[1-9]/.test(exact);
}
