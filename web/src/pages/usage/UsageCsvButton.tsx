// SPDX-License-Identifier: Apache-2.0
import { Button } from "@mantine/core";

import type { Usage } from "../../api/types";
import type { UsageGrouping } from "../../api/usage";
import { csv_name, usage_csv } from "./usage_csv";
import type { Days } from "./usage_days";

interface UsageCsvButtonProps {
  report: Usage;
  by: UsageGrouping[];
  days: Days;
}

// A browser reads the file after the click; its address is given up some time later.
const kKeptMs = 60_000;

export function UsageCsvButton({ report, by, days }: UsageCsvButtonProps) {
  const download = () => {
    const url = URL.createObjectURL(new Blob([usage_csv(report, by)], { type: "text/csv" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = csv_name(days.from, days.to);
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), kKeptMs);
  };
  return (
    <Button size="compact-sm" variant="default" onClick={download}>
      Download CSV
    </Button>
  );
}
