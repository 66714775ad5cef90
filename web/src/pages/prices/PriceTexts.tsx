// SPDX-License-Identifier: Apache-2.0
import { Text } from "@mantine/core";

import type { Price, PriceKind } from "../../api/types";
import { format_price, in_order } from "../../format/prices";

interface PriceTextsProps {
  kind: PriceKind;
  prices: Price[];
}

// A model's prices, a line each.
export function PriceTexts({ kind, prices }: PriceTextsProps) {
  if (kind === "free") return <Text size="sm">Free</Text>;
  if (kind === "shipped") return <Text size="sm">As shipped</Text>;
  return (
    <>
      {in_order(prices).map((price, i) => (
        <Text key={i} size="sm">
          {format_price(price)}
        </Text>
      ))}
      {prices.length === 0 && (
        <Text size="sm" c="dimmed">
          No price
        </Text>
      )}
    </>
  );
}
