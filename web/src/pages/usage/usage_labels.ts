// SPDX-License-Identifier: Apache-2.0
// What steps of time are called. Their beginnings come from the server, as the time zone's clocks
// show them: "2026-11-24T13:00:00+01:00".

const kMonths = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const kWeekdays = "Sun Mon Tue Wed Thu Fri Sat".split(" ");

function parts_of(start: string) {
  const day = start.slice(0, 10);
  return {
    year: start.slice(0, 4),
    month: kMonths[Number(start.slice(5, 7)) - 1] ?? "",
    day: String(Number(start.slice(8, 10))),
    weekday: kWeekdays[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? "",
    clock: start.slice(11, 16),
    offset: start.slice(19),
  };
}

// Under a column: as short as can be.
export function short_label(start: string, step: string): string {
  const { year, month, day, clock } = parts_of(start);
  if (step === "hour") return clock === "00:00" ? `${day} ${month}` : clock;
  return step === "month" ? `${month} ${year}` : `${day} ${month}`;
}

// With the offset from UTC where clocks show an hour twice.
export function full_label(start: string, step: string): string {
  const { year, month, day, weekday, clock, offset } = parts_of(start);
  const date = `${weekday} ${day} ${month} ${year}`;
  switch (step) {
    case "hour":
      return `${date}, ${clock} (UTC${offset})`;
    case "week":
      return `Week from ${date}`;
    case "month":
      // A range may begin within a month.
      return day === "1" ? `${month} ${year}` : `${month} ${year}, from day ${day} on`;
    default:
      return date;
  }
}

// "20–26 Nov 2026", "28 Dec 2025 – 3 Jan 2026".
export function days_label(from: string, to: string): string {
  const first = parts_of(from);
  const last = parts_of(to);
  const end = `${last.day} ${last.month} ${last.year}`;
  if (from === to) return end;
  if (first.year !== last.year) return `${first.day} ${first.month} ${first.year} – ${end}`;
  if (first.month !== last.month) return `${first.day} ${first.month} – ${end}`;
  return `${first.day}–${end}`;
}
