// SPDX-License-Identifier: Apache-2.0
// What /v1/tollgate/** answers. Money is whole nano-dollars; times say their unit last.

export interface Project {
  id: string;
  name: string;
  is_default: boolean;
}

export interface Session {
  object: "tollgate.session";
  user: { id: string; email: string; name: string; is_operator: boolean };
  // The one that this session works in.
  organization: { id: string; name: string; role: string };
  organizations: { id: string; name: string }[];
  may_create_organizations: boolean;
  projects: Project[];
  csrf_token: string;
}

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

export interface BrowserSession {
  id: string;
  created_at: number;
  last_used_at: number;
  address: string;
  user_agent: string;
  is_current: boolean;
}

export type KeyKind = "project" | "service-account" | "admin" | "test";

export type KeyStatus = "active" | "paused" | "expired" | "revoked";

export interface ApiKey {
  object: "tollgate.key";
  id: string;
  name: string;
  note: string;
  kind: KeyKind;
  status: KeyStatus;
  redacted_value: string;
  // Null: an admin key, which belongs to the organization.
  project_id: string | null;
  project_name: string | null;
  owner_id: string;
  owner_name: string;
  // Of a child key: whose it is.
  parent_id: string | null;
  // Each list restricts; an empty one does not.
  scopes: string[];
  endpoints: string[];
  models: string[];
  addresses: string[];
  created_at: number;
  expires_at: number | null;
  paused_at: number | null;
  rotated_at: number | null;
  last_used_at: number | null;
  last_used_address: string | null;
  last_used_client: string | null;
  revoked_at: number | null;
  revoke_reason: string | null;
  spent_nanousd: number;
  held_nanousd: number;
  // Of all that it may ever spend.
  limit_nanousd: number | null;
  // Of whatever kind.
  limit_count: number;
}

// The only answer that holds a whole key. It must never enter a cache or storage.
export interface CreatedKey extends ApiKey {
  value: string;
}

// A secret that a rotation replaced; it works until its end.
export interface FormerSecret {
  id: string;
  redacted_value: string;
  created_at: number;
  ends_at: number;
  opens: boolean;
  last_used_at: number | null;
  last_used_address: string | null;
  last_used_client: string | null;
}

export interface KeyNetwork {
  network: string;
  first_seen_at: number;
  last_seen_at: number;
}

export interface ApiKeyDetail extends ApiKey {
  former_secrets: FormerSecret[];
  networks: KeyNetwork[];
  child_keys: ApiKey[];
}

// Holds a whole key, too: see CreatedKey.
export interface RotatedKey extends CreatedKey {
  former_ends_at: number;
}

export interface LeakReport {
  key: ApiKey;
  revoked_child_keys: string[];
  since: number;
  since_then: {
    calls: number;
    charge_nanousd: number;
    first_call_at: number | null;
    last_call_at: number | null;
    models: { model: string; calls: number; charge_nanousd: number }[];
  };
  networks: (KeyNetwork & { is_new: boolean })[];
}

export type LimitMetric = "money" | "tokens" | "requests" | "concurrency";
export type LimitPeriod =
  "minute" | "hour" | "day" | "week" | "month" | "quarter" | "year" | "total";

// Amounts are nano-dollars where the metric is money, else numbers of what it says.
export interface Limit {
  object: "tollgate.limit";
  id: string;
  scope: "key" | "user" | "service_account" | "project" | "organization";
  target_id: string;
  target_name: string;
  metric: LimitMetric;
  per: LimitPeriod;
  window: "calendar" | "rolling" | "rate";
  time_zone: string;
  // Null: all models.
  model: string | null;
  amount: number;
  // Else it counts and refuses nothing.
  hard: boolean;
  trusts_upstream: boolean;
  spent: number;
  held: number;
  left: number;
  // Null: never. Of rolling windows: when something leaves; of rates: when it is whole again.
  resets_at: number | null;
}

export interface UsageCounts {
  calls: number;
  interrupted: number;
  input_tokens: number;
  cached_tokens: number;
  output_tokens: number;
  images: number;
  seconds: number;
  characters: number;
  charge_nanousd: number;
  cost_nanousd: number;
  would_have_cost_nanousd: number;
}

export interface UsageRow extends UsageCounts {
  key_id: string;
  key_name: string;
  model: string;
  day: string;
}

export interface Usage {
  totals: UsageCounts;
  rows: UsageRow[];
}

export interface Call {
  id: string;
  at_unix_ms: number;
  key_id: string;
  key_name: string;
  model: string;
  served_model: string;
  endpoint: string;
  outcome: string;
  http_status: number;
  input_tokens: number;
  output_tokens: number;
  charge_nanousd: number;
  would_have_cost_nanousd: number;
  usage_source: string;
  duration_ms: number;
}

export interface Provider {
  id: string;
  name: string;
  kind: string;
  base_url: string;
  has_credential: boolean;
  // 0: it gave no list of its models, so all of the catalogue are routed to it.
  listed_models: number;
  created_at: number;
}

export interface AddedProvider extends Provider {
  // What did not go as it should, although the provider was added.
  warning?: string;
}

export interface Routes {
  default_models: Record<string, string>;
  successors: Record<string, string>;
  models: string[];
}

export interface List<Item> {
  object: "list";
  data: Item[];
}
