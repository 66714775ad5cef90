// SPDX-License-Identifier: Apache-2.0
// What a person does about themself: name, password, sessions, the organization they work in.

import { answer_of, api } from "./client";
import { change } from "./http";
import type { BrowserSession, Organization, Profile, Session } from "./types";

export function rename_person(name: string, csrf_token: string): Promise<Profile> {
  return answer_of(api.POST("/tollgate/profile", { body: { name }, ...change(csrf_token) }));
}

// The session goes on under another token: what is answered takes the old one's place.
export function change_password(
  current_password: string,
  new_password: string,
  csrf_token: string,
): Promise<Session> {
  const body = { current_password, new_password };
  return answer_of(api.POST("/tollgate/password", { body, ...change(csrf_token) }));
}

export function switch_organization(id: string, csrf_token: string): Promise<Session> {
  const request = { body: { id }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/session/organization", request));
}

export function create_organization(name: string, csrf_token: string): Promise<Organization> {
  return answer_of(api.POST("/tollgate/organizations", { body: { name }, ...change(csrf_token) }));
}

export async function list_sessions(signal: AbortSignal): Promise<BrowserSession[]> {
  return (await answer_of(api.GET("/tollgate/sessions", { signal }))).data;
}

export async function end_session(id: string, csrf_token: string): Promise<void> {
  const params = { path: { session_id: id } };
  await answer_of(
    api.DELETE("/tollgate/sessions/{session_id}", { params, ...change(csrf_token) }),
  );
}

export async function end_other_sessions(csrf_token: string): Promise<void> {
  await answer_of(api.DELETE("/tollgate/sessions", change(csrf_token)));
}
