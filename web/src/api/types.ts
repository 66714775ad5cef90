// SPDX-License-Identifier: Apache-2.0
// What Tollgate's own API takes and answers, by the names that the console has for it. Money is
// whole nano-dollars; times are Unix seconds, or say their unit last.

import type { KeyChanges } from "./generated/schema";

// What narrows a key. A list that is not sent stays as it is; an empty one takes its limit away.
export type KeyRestrictions = Omit<KeyChanges, "name" | "note">;

export type {
  AddedProvider,
  BrowserSession,
  Call,
  CreatedInvite,
  CreatedKey,
  Departure,
  FormerSecret,
  InstanceOrganization,
  Key as ApiKey,
  KeyChanges,
  KeyDetail as ApiKeyDetail,
  KeyKind,
  KeyNetwork,
  KeyPolicy,
  KeyPolicyChanges,
  KeyStatus,
  LeakReport,
  Limit,
  LimitAmount,
  LimitMetric,
  LimitPeriod,
  MemberKeyKind,
  NewInvite,
  NewKey,
  NewLimit,
  NewProvider,
  OpenedPath,
  Price,
  PriceChange,
  PriceDecision,
  PriceRow,
  Organization,
  OrganizationRole,
  Profile,
  ProjectRole,
  Provider,
  RotatedKey,
  Routes,
  Session,
  SessionProject as Project,
  SignUpMode,
  SignUpPolicy,
  SignUpPolicyChanges,
  Usage,
  UsageCounts,
  UsageGroup,
  UsagePoints,
} from "./generated/schema";
