// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Alert } from "../api/types";
import { format_alert, format_recipients } from "./alerts";

const kAlert: Alert = {
  object: "tollgate.alert",
  id: "alert_1",
  kind: "spend",
  scope: "project",
  target_id: "proj_1",
  target_name: "Apollo",
  limit_id: null,
  amount_nanousd: 100_000_000_000,
  percents: null,
  per: "month",
  window: "calendar",
  time_zone: "UTC",
  recipients: ["a@b.example", "c@d.example"],
  subject_prefix: null,
  spent_nanousd: 0,
  resets_at: null,
  last_sent: null,
};

test("a threshold", () => {
  expect(format_alert(kAlert)).toBe("At $100.00 per month");
  expect(format_recipients(kAlert)).toBe("a@b.example, c@d.example");
});

test("percentages of a limit", () => {
  const of_limit: Alert = { ...kAlert, kind: "limit", percents: [50, 80], recipients: [] };
  expect(format_alert(of_limit)).toBe("At 50%, 80% of $100.00 per month");
  expect(format_recipients(of_limit)).toBe("the owners");
  expect(format_alert({ ...of_limit, per: "total" })).toBe("At 50%, 80% of $100.00 in total");
  const elsewhere: Alert = { ...of_limit, per: "day", window: "rolling" };
  expect(format_alert(elsewhere)).toBe("At 50%, 80% of $100.00 per day, rolling");
  expect(format_alert({ ...of_limit, per: "week", time_zone: "Europe/Berlin" })).toBe(
    "At 50%, 80% of $100.00 per week in Europe/Berlin",
  );
});
