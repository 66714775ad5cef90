// SPDX-License-Identifier: Apache-2.0
// What /v1/organization/** answers: OpenAI's Admin API. Times are Unix seconds.

export interface OrganizationProject {
  object: "organization.project";
  id: string;
  name: string;
  created_at: number;
  archived_at: number | null;
  status: "active" | "archived";
}

export interface ServiceAccount {
  id: string;
  name: string;
  role: string;
  created_at: number;
}

// Holds a whole key: see CreatedKey.
export interface ServiceAccountKey {
  id: string;
  name: string;
  created_at: number;
  value: string;
}

export interface CreatedServiceAccount extends ServiceAccount {
  api_key: ServiceAccountKey | null;
}

export interface ModelPermissions {
  mode: "allow_list" | "deny_list";
  model_ids: string[];
}

export interface SpendLimit {
  // Cents.
  threshold_amount: number;
  currency: "USD";
  interval: "month";
}

export interface Person {
  id: string;
  name: string;
  email: string;
  role: string;
  added_at: number;
}

export interface Invite {
  id: string;
  email: string;
  role: string;
  status: "pending" | "accepted" | "expired";
  created_at: number;
  expires_at: number;
  accepted_at: number | null;
  projects: { id: string; role: string }[];
}

export interface PeopleGroup {
  id: string;
  name: string;
  created_at: number;
}

export interface Role {
  id: string;
  name: string;
  description: string | null;
  permissions: string[];
  resource_type: string;
  predefined_role: boolean;
}

export interface AuditUser {
  id: string;
  email?: string;
}

// Null: the server itself.
export type AuditActor =
  | { type: "session"; session: { user?: AuditUser; ip_address?: string } }
  | { type: "api_key"; api_key: { id: string; user?: AuditUser; ip_address?: string } }
  | null;

// What happened stands under the name of its type.
export interface AuditEntry {
  id: string;
  type: string;
  effective_at: number;
  project?: { id: string; name?: string };
  actor: AuditActor;
  [what: string]: unknown;
}

export interface Page<Item> {
  data: Item[];
  has_more: boolean;
  // Two dialects: groups and roles have `next`.
  last_id?: string | null;
  next?: string | null;
}
