// SPDX-License-Identifier: Apache-2.0
import type { PriceBookRule } from "../../api/types";
import { format_factor_rule } from "./book_rules";
import { PriceTexts } from "./PriceTexts";

export function models_of({ model }: PriceBookRule): string {
  return model ?? "all models without a rule";
}

// What a rule says is paid.
export function RulePays({ rule }: { rule: PriceBookRule }) {
  switch (rule.kind) {
    case "inherit":
      return <>no rule any more</>;
    case "factor":
      return <>{format_factor_rule(rule)}</>;
    case "prices":
      return <PriceTexts kind="priced" prices={rule.prices} />;
  }
}
