// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";

import type { ApiKey } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { format_absolute } from "../../format/time";
import { type Fact, Facts } from "../../parts/Facts";
import { TimeAgo } from "../../parts/TimeAgo";
import { kKindLabels } from "./kinds";
import { describe_scopes } from "./permissions_form";

// A list restricts where it holds something.
function list_or(list: string[], otherwise: string): string {
  return list.length === 0 ? otherwise : list.join(", ");
}

function time_or(at_unix_s: number | null, otherwise: string): ReactNode {
  return at_unix_s === null ? otherwise : format_absolute(at_unix_s * 1_000);
}

function facts_of(key: ApiKey): Fact[] {
  const facts: Fact[] = [
    { label: "Owner", value: key.owner_name },
    { label: "Project", value: key.project_name ?? "The whole organization" },
    { label: "Kind", value: kKindLabels[key.kind] },
    { label: "Created", value: <TimeAgo at_unix_s={key.created_at} /> },
    { label: "Expires", value: time_or(key.expires_at, "Never") },
    { label: "Spent", value: format_nanousd(key.spent_nanousd) },
  ];
  if (key.kind !== "admin") {
    facts.push(
      { label: "Permissions", value: describe_scopes(key.scopes) },
      { label: "Models", value: list_or(key.models, "All of its project") },
      { label: "Endpoints", value: list_or(key.endpoints, "All that its permissions open") },
    );
  }
  facts.push({ label: "Addresses", value: list_or(key.addresses, "From anywhere") });
  if (key.paused_at !== null) facts.push({ label: "Paused", value: time_or(key.paused_at, "") });
  if (key.revoked_at !== null) {
    facts.push({ label: "Revoked", value: time_or(key.revoked_at, "") });
    facts.push({ label: "Reason", value: key.revoke_reason ?? "None was given" });
  }
  facts.push({ label: "Id", value: key.id });
  return facts;
}

export function KeyFacts({ api_key }: { api_key: ApiKey }) {
  return <Facts facts={facts_of(api_key)} />;
}
