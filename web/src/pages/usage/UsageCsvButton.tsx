// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";

import { read_usage, type UsageQuestion } from "../../api/usage";
import { csv_name, usage_csv } from "./usage_csv";

interface UsageCsvButtonProps {
  // What is shown, of which the file has every count.
  question: UsageQuestion;
}

// A browser reads the file after the click; its address is given up some time later.
const kKeptMs = 60_000;

function save(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), kKeptMs);
}

export function UsageCsvButton({ question }: UsageCsvButtonProps) {
  const saving = useMutation({
    mutationFn: async () => {
      const whole = { ...question, points: "all" } as const;
      const report = await read_usage(whole, new AbortController().signal);
      save(usage_csv(report, question.by), csv_name(String(question.from), String(question.to)));
    },
  });
  return (
    <Group gap="xs">
      {saving.isError && (
        <Text size="xs" c="red" role="alert">
          {saving.error.message}
        </Text>
      )}
      <Button
        size="compact-sm"
        variant="default"
        loading={saving.isPending}
        onClick={() => saving.mutate()}
      >
        Download CSV
      </Button>
    </Group>
  );
}
