// SPDX-License-Identifier: Apache-2.0
import { Stack } from "@mantine/core";

import { PageTitle } from "../../shell/PageTitle";
import { CeilingSection } from "./CeilingSection";
import { ImportSection } from "./ImportSection";
import { PriceBookSection } from "./PriceBookSection";
import { PriceList } from "./PriceList";

// What models cost, and what organizations pay for them, for operators.
export function PricesPage() {
  return (
    <Stack gap="lg">
      <PageTitle
        title="Prices"
        lead="What providers ask for their models, and what organizations pay for it."
      />
      <PriceList />
      <CeilingSection />
      <PriceBookSection />
      <ImportSection />
    </Stack>
  );
}
