// SPDX-License-Identifier: Apache-2.0
// Alerts as people read them: "At $100.00 per month", "At 50%, 80% of $9.00 per day".

import type { Alert } from "../api/types";
import { format_nanousd } from "./money";

export function format_alert(alert: Alert): string {
  const amount = format_nanousd(alert.amount_nanousd);
  const percents = alert.percents?.map((percent) => `${percent}%`).join(", ");
  let text = percents === undefined ? `At ${amount}` : `At ${percents} of ${amount}`;
  text += alert.per === "total" ? " in total" : ` per ${alert.per}`;
  if (alert.window === "rolling") text += ", rolling";
  if (alert.time_zone !== "UTC") text += ` in ${alert.time_zone}`;
  return text;
}

export function format_recipients({ recipients }: Alert): string {
  return recipients.length === 0 ? "the owners" : recipients.join(", ");
}
