// SPDX-License-Identifier: Apache-2.0
import type { ApiKey, Session } from "../api/types";

// What the console offers to somebody; what they may do, the server decides.
export function may_administer({ organization }: Session): boolean {
  // A server that does not say the role lets owners in only.
  return !("role" in organization) || organization.role === "owner";
}

// Providers and routes are the instance's.
export function may_operate({ user }: Session): boolean {
  return !("is_operator" in user) || user.is_operator === true;
}

export function may_manage_key(session: Session, key: ApiKey): boolean {
  return may_administer(session) || key.owner_id === session.user.id;
}
