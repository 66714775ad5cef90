// SPDX-License-Identifier: Apache-2.0
// Prepaid money: what was granted, what is left, and every entry.

import { answer_of, api } from "./client";
import { change } from "./http";
import type {
  CreditCorrection,
  CreditEntryList,
  CreditGrant,
  CreditList,
  NewCreditGrant,
} from "./types";

// The newest first; `after` names the last grant of the page before.
export function list_credits(
  organization: string,
  after: string | null,
  signal: AbortSignal,
): Promise<CreditList> {
  const query = { organization, ...(after !== null && { after }) };
  return answer_of(api.GET("/tollgate/credits", { params: { query }, signal }));
}

export function grant_credit(body: NewCreditGrant, csrf_token: string): Promise<CreditGrant> {
  return answer_of(api.POST("/tollgate/credits", { body, ...change(csrf_token) }));
}

export function correct_credit(
  grant_id: string,
  body: CreditCorrection,
  csrf_token: string,
): Promise<CreditGrant> {
  const request = { params: { path: { grant_id } }, body, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/credits/{grant_id}/correct", request));
}

export interface EntriesQuestion {
  organization: string;
  // Entries of this one alone.
  grant?: string;
}

// The newest first; `before` is the number of the last entry of the page before.
export function list_credit_entries(
  question: EntriesQuestion,
  before: number | null,
  signal: AbortSignal,
): Promise<CreditEntryList> {
  const query = { ...question, ...(before !== null && { before }) };
  return answer_of(api.GET("/tollgate/credits/history", { params: { query }, signal }));
}
