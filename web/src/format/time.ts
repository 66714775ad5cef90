// SPDX-License-Identifier: Apache-2.0
// Times for people: how long ago, and exactly when.

const kAbsolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const kRelative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const kUnits = [
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

export function format_absolute(at_unix_ms: number): string {
  return kAbsolute.format(at_unix_ms);
}

// The time as a zone's clocks show it; of another day than today's, that day, too.
export function format_moment(
  at_unix_ms: number,
  time_zone: string,
  now_unix_ms = Date.now(),
): string {
  const part = (style: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(undefined, { ...style, timeZone: time_zone });
  const day = part({ day: "numeric", month: "short" });
  const clock = part({ timeStyle: "medium" }).format(at_unix_ms);
  const is_today = day.format(at_unix_ms) === day.format(now_unix_ms);
  return is_today ? clock : `${day.format(at_unix_ms)}, ${clock}`;
}

const kInstant = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});

// "1 Dec 2026 (UTC)", "1 Dec 2026, 09:00:00 (UTC)": prices begin by one clock for everybody.
export function format_instant(at_unix_s: number): string {
  const text = kInstant.format(at_unix_s * 1_000).replace("Sept", "Sep");
  return `${text.replace(", 00:00:00", "")} (UTC)`;
}

const kDayMs = 86_400_000;

// In UTC, the first day that has not begun: "2026-12-01".
export function tomorrow(now_unix_ms: number): string {
  return new Date(now_unix_ms + kDayMs).toISOString().slice(0, 10);
}

// "just now", "5 minutes ago", "yesterday". Clocks differ: the near future is now as well.
export function format_relative(at_unix_ms: number, now_unix_ms: number): string {
  const seconds_ago = Math.max(0, Math.floor((now_unix_ms - at_unix_ms) / 1_000));
  for (const { unit, seconds } of kUnits) {
    if (seconds_ago >= seconds) return kRelative.format(-Math.floor(seconds_ago / seconds), unit);
  }
  return "just now";
}

// "850 ms", "12.4 s": how long a call took.
export function format_duration_ms(duration_ms: number): string {
  return duration_ms < 1_000 ? `${duration_ms} ms` : `${(duration_ms / 1_000).toFixed(1)} s`;
}
