// SPDX-License-Identifier: Apache-2.0
// What the forms for credit have in their fields, and what is asked of the server.

import type { CreditCorrection, CreditEntry, NewCreditGrant } from "../../api/types";
import { parse_usd } from "../../format/money";

export interface GrantFields {
  usd: string;
  // Empty: the organization's.
  project: string;
  // A day; empty: it does not end.
  expires: string;
  reason: string;
}

export const kNoGrant: GrantFields = { usd: "", project: "", expires: "", reason: "" };

function is_nothing(decimal: string): boolean {
  return /^[0.]*$/.test(decimal);
}

export function problem_of_grant(usd: string): string | null {
  const decimal = parse_usd(usd);
  return decimal === null || is_nothing(decimal) ? "Dollars, as 25 or 12.50." : null;
}

export function grant_of(organization: string, fields: GrantFields): NewCreditGrant {
  const { project, expires } = fields;
  const reason = fields.reason.trim();
  return {
    // A project says whose it is.
    ...(project.trim() === "" ? { organization } : { project: project.trim() }),
    usd: parse_usd(fields.usd) ?? "",
    ...(expires !== "" && { expires }),
    ...(reason !== "" && { reason }),
  };
}

export interface CorrectionFields {
  direction: "more" | "less";
  usd: string;
  reason: string;
}

export const kNoCorrection: CorrectionFields = { direction: "less", usd: "", reason: "" };

export function problem_of_reason(reason: string): string | null {
  return reason.trim() === "" ? "Why, for the history." : null;
}

export function correction_of({ direction, usd, reason }: CorrectionFields): CreditCorrection {
  const decimal = parse_usd(usd) ?? "";
  return { usd: direction === "less" ? `-${decimal}` : decimal, reason: reason.trim() };
}

const kKinds: Record<CreditEntry["kind"], string> = {
  grant: "granted",
  drain: "paid for a call",
  expiry: "ended",
  revival: "brought back for a running call",
  correction: "corrected",
};

export function format_kind({ kind }: CreditEntry): string {
  return kKinds[kind];
}

const kAccounts: Record<string, string> = { issued: "issued", usage: "usage", expired: "expired" };

// "issued → the grant": from which account to which.
export function format_accounts({ debit, credit }: CreditEntry): string {
  return `${kAccounts[debit] ?? "the grant"} → ${kAccounts[credit] ?? "the grant"}`;
}
