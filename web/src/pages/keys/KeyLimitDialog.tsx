// SPDX-License-Identifier: Apache-2.0
import { Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { invalidate_alerts } from "../../api/alert_queries";
import { remove_limit } from "../../api/keys";
import type { ApiKey, Limit } from "../../api/types";
import { key_limits_query, keys_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { AlertsSection } from "../alerts/AlertsSection";
import { LimitForm } from "./LimitForm";
import { LimitRow } from "./LimitRow";

interface KeyLimitDialogProps {
  api_key: ApiKey;
  limits: Limit[];
  on_close: () => void;
}

export function KeyLimitDialog({ api_key, limits, on_close }: KeyLimitDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [changed, set_changed] = useState<Limit | null>(null);
  const removing = useMutation({
    mutationFn: (id: Limit["id"]) => remove_limit(id, csrf_token),
    onSuccess: async (_, id) => {
      if (changed?.id === id) set_changed(null);
      await queries.invalidateQueries(key_limits_query);
      await queries.invalidateQueries(keys_query);
      await invalidate_alerts(queries, api_key.id);
    },
  });

  return (
    <Modal
      opened
      onClose={on_close}
      title={`Limits of “${api_key.name}”`}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack>
        <Text size="sm">
          All of them hold at once. A call that could go past one is refused before it is sent.
        </Text>
        {limits.map((limit) => (
          <LimitRow
            key={limit.id}
            limit={limit}
            is_removing={removing.isPending && removing.variables === limit.id}
            on_change={() => set_changed(limit)}
            on_remove={() => removing.mutate(limit.id)}
          />
        ))}
        <Problem error={removing.error} />
        <LimitForm
          key={changed?.id ?? "new"}
          key_id={api_key.id}
          changed={changed}
          on_done={() => set_changed(null)}
        />
        <AlertsSection target={{ scope: "key", id: api_key.id }} may_change />
      </Stack>
    </Modal>
  );
}
