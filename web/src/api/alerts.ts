// SPDX-License-Identifier: Apache-2.0
// Alerts on what is spent, through Tollgate's own API.

import { answer_of, api } from "./client";
import { change } from "./http";
import type { Alert, AlertChanges, AlertList, Limit, NewAlert } from "./types";

// Those on one organization, project or key.
export function list_alerts(target_id: string, signal: AbortSignal): Promise<AlertList> {
  const params = { query: { target_id } };
  return answer_of(api.GET("/tollgate/alerts", { params, signal }));
}

// What alerts can be about: limits of money, on the same.
export async function list_money_limits(target_id: string, signal: AbortSignal): Promise<Limit[]> {
  const params = { query: { target_id } };
  const { data } = await answer_of(api.GET("/tollgate/limits", { params, signal }));
  return data.filter(({ metric }) => metric === "money");
}

export async function add_alert(alert: NewAlert, csrf_token: string): Promise<void> {
  await answer_of(api.POST("/tollgate/alerts", { body: alert, ...change(csrf_token) }));
}

export async function change_alert(
  id: Alert["id"],
  changes: AlertChanges,
  csrf_token: string,
): Promise<void> {
  const params = { path: { alert_id: id } };
  const request = { params, body: changes, ...change(csrf_token) };
  await answer_of(api.POST("/tollgate/alerts/{alert_id}", request));
}

export async function remove_alert(id: Alert["id"], csrf_token: string): Promise<void> {
  const params = { path: { alert_id: id } };
  await answer_of(api.DELETE("/tollgate/alerts/{alert_id}", { params, ...change(csrf_token) }));
}
