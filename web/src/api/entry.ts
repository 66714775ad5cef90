// SPDX-License-Identifier: Apache-2.0
// How people get in: set-up, sign-in, sign-up, invitations, forgotten passwords. Only pages ask
// this, so it is in no OpenAPI document.

import { ApiError } from "./errors";
import { request_v1 } from "./plain";
import type { Session } from "./types";

export interface SignUp {
  mode: "closed" | "invitation" | "domain" | "open";
  is_open: boolean;
  has_mail: boolean;
}

export interface Invitation {
  email: string;
  role: string;
  organization: { name: string };
  has_account: boolean;
  expires_at: number;
}

export interface NewOwner {
  token: string;
  email: string;
  name: string;
  password: string;
}

export interface NewPerson {
  token: string;
  name: string;
  password: string;
}

function post<Answer>(path: string, body: object): Promise<Answer> {
  return request_v1(`tollgate/${path}`, { method: "POST", body });
}

export function check_setup_token(token: string): Promise<{ valid: boolean }> {
  return request_v1(`tollgate/setup?token=${encodeURIComponent(token)}`);
}

export function create_owner(owner: NewOwner): Promise<Session> {
  return post("setup", owner);
}

export function sign_in(email: string, password: string): Promise<Session> {
  return post("session", { email, password });
}

export function sign_out(csrf_token: string): Promise<{ deleted: boolean }> {
  return request_v1("tollgate/session", { method: "DELETE", csrf_token });
}

// Null: nobody is signed in, which is not an error.
export async function read_session(signal: AbortSignal): Promise<Session | null> {
  try {
    return await request_v1<Session>("tollgate/session", { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export function read_sign_up(signal: AbortSignal): Promise<SignUp> {
  return request_v1("tollgate/sign_up", { signal });
}

export function sign_up(email: string): Promise<unknown> {
  return post("sign_up", { email });
}

export function check_sign_up(token: string): Promise<{ email: string }> {
  return post("sign_up/check", { token });
}

export function finish_sign_up(person: NewPerson): Promise<Session> {
  return post("sign_up/finish", person);
}

export function check_invitation(token: string): Promise<Invitation> {
  return post("invitation/check", { token });
}

export function accept_invitation(person: NewPerson): Promise<Session> {
  return post("invitation/accept", person);
}

export function forgot_password(email: string): Promise<unknown> {
  return post("password/forgot", { email });
}

export function check_reset(token: string): Promise<{ email: string }> {
  return post("password/check", { token });
}

export function reset_password(token: string, password: string): Promise<unknown> {
  return post("password/reset", { token, password });
}
