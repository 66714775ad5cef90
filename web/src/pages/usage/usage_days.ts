// SPDX-License-Identifier: Apache-2.0
// Days of a time zone, as "2026-11-24": which ones a range has, and which came before them.

const kMsPerDay = 86_400_000;
const kMsPerMinute = 60_000;

export type UsageRange =
  | "today"
  | "7_days"
  | "30_days"
  | "this_month"
  | "last_month"
  | "this_year"
  | "custom";

// Both count.
export interface Days {
  from: string;
  to: string;
}

export function browser_time_zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

// Names only: "+05:30" is none that the server knows.
export function is_time_zone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function is_day(text: unknown): text is string {
  if (typeof text !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(text) || text < "1971") return false;
  const at = Date.parse(text);
  return !Number.isNaN(at) && day_of(at) === text;
}

function day_of(unix_ms: number): string {
  return new Date(unix_ms).toISOString().slice(0, 10);
}

export function add_days(day: string, days: number): string {
  return day_of(Date.parse(day) + days * kMsPerDay);
}

export function count_days({ from, to }: Days): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / kMsPerDay) + 1;
}

// What the zone's clocks show, as if it were UTC.
function clock_at(unix_ms: number, time_zone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: time_zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(unix_ms).map(({ type, value }) => [type, +value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
}

// When the zone's clocks show this; where they are put forward over it, just after.
function instant_of(clock: number, time_zone: string): number {
  const behind_by = (unix_ms: number) => clock - clock_at(unix_ms, time_zone);
  const guess = clock + behind_by(clock);
  return guess + behind_by(guess);
}

export function today_in(time_zone: string, now_unix_ms: number): string {
  return day_of(clock_at(now_unix_ms, time_zone));
}

// Of every range but days that somebody chose.
export function days_of(range: Exclude<UsageRange, "custom">, today: string): Days {
  const month = `${today.slice(0, 7)}-01`;
  switch (range) {
    case "today":
      return { from: today, to: today };
    case "7_days":
      return { from: add_days(today, -6), to: today };
    case "30_days":
      return { from: add_days(today, -29), to: today };
    case "this_month":
      return { from: month, to: today };
    case "last_month": {
      const to = add_days(month, -1);
      return { from: `${to.slice(0, 7)}-01`, to };
    }
    case "this_year":
      return { from: `${today.slice(0, 4)}-01-01`, to: today };
  }
}

// As many days before. Where today is not over, its like ends at this time of the day, too, so that
// a part is not compared with a whole; it is then an instant, in Unix seconds.
export function days_before(
  days: Days,
  time_zone: string,
  now_unix_ms: number,
): { from: string; to: string | number } {
  const count = count_days(days);
  const from = add_days(days.from, -count);
  const today = today_in(time_zone, now_unix_ms);
  if (today < days.from || today > days.to) return { from, to: add_days(days.to, -count) };
  const clock = clock_at(now_unix_ms, time_zone) - count * kMsPerDay;
  // The minute that is running counts.
  const end = (Math.floor(clock / kMsPerMinute) + 1) * kMsPerMinute;
  return { from, to: instant_of(end, time_zone) / 1_000 };
}
