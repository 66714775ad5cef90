// SPDX-License-Identifier: Apache-2.0
// What organizations pay: the rules of price books, and which of them holds for whom.

import type {
  InstanceOrganization,
  NewPriceBookRule,
  PriceBook,
  PriceBookRule,
} from "../../api/types";
import { lines_of, type PriceLine, prices_of } from "./price_lines";

export interface RuleFields {
  // Empty: all that have no rule of their own.
  organization: string;
  // Empty: all models without a rule.
  model: string;
  kind: "factor" | "prices";
  factor: string;
  lines: PriceLine[];
  reason: string;
}

export const kEverybody = "Everybody without a rule of their own";

export function name_of_owner(id: string | null, organizations: InstanceOrganization[]): string {
  if (id === null) return kEverybody;
  return organizations.find((each) => each.id === id)?.name ?? id;
}

export function fields_of_rule(rule: PriceBookRule | null): RuleFields {
  return {
    organization: rule?.organization_id ?? "",
    model: rule?.model ?? "",
    kind: rule?.kind === "prices" ? "prices" : "factor",
    factor: rule?.factor ?? "",
    lines: lines_of(rule?.prices ?? []),
    reason: "",
  };
}

export function problem_of_factor(factor: string, { kind }: RuleFields): string | null {
  if (kind !== "factor") return null;
  const is_factor = /^\d{1,4}(\.\d{1,6})?$/.test(factor.trim()) && Number(factor) <= 1_000;
  return is_factor ? null : "From 0 to 1000, as 1.15; six decimals at most.";
}

export function problem_of_model(model: string, { kind }: RuleFields): string | null {
  return kind === "prices" && model.trim() === "" ? "Prices are of one model: name it." : null;
}

export function rule_of(fields: RuleFields, confirm: boolean): NewPriceBookRule {
  const [model, reason] = [fields.model.trim(), fields.reason.trim()];
  return {
    ...(fields.organization !== "" && { organization: fields.organization }),
    ...(model !== "" && { model }),
    ...(fields.kind === "factor"
      ? { factor: fields.factor.trim() }
      : { prices: prices_of(fields.lines) }),
    ...(reason !== "" && { reason }),
    ...(confirm && { confirm }),
  };
}

// No rule here any more: the next wider one holds.
export function removal_of({ organization_id, model }: PriceBookRule): NewPriceBookRule {
  return {
    ...(organization_id !== null && { organization: organization_id }),
    ...(model !== null && { model }),
    inherit: true,
  };
}

// "1.15 × the cost".
export function format_factor_rule({ factor }: PriceBookRule): string {
  if (factor === "1") return "the cost";
  return factor === "0" ? "nothing" : `${factor} × the cost`;
}

export interface Paying {
  organization: InstanceOrganization;
  // Of all models without a rule; and whose rule that is.
  what: string;
  whose: "own" | "everybody's" | "none";
  // How many models have a rule for this organization alone.
  own_models: number;
  pays_only_delivered: boolean;
}

// What each organization pays, by the rules that hold.
export function payings_of(book: PriceBook, organizations: InstanceOrganization[]): Paying[] {
  const general = book.data.find((rule) => rule.organization_id === null && rule.model === null);
  return organizations
    .filter(({ deleted_at }) => deleted_at === null)
    .map((organization) => {
      const own = book.data.filter(({ organization_id }) => organization_id === organization.id);
      const own_general = own.find(({ model }) => model === null);
      const rule = own_general ?? general;
      return {
        organization,
        what: rule ? format_factor_rule(rule) : "the cost",
        whose: own_general ? "own" : general ? "everybody's" : "none",
        own_models: own.filter(({ model }) => model !== null).length,
        pays_only_delivered: book.only_delivered.includes(organization.id),
      };
    });
}
