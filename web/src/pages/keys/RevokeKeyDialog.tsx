// SPDX-License-Identifier: Apache-2.0
import { Button, Code, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { revoke_key } from "../../api/keys";
import type { ApiKey } from "../../api/types";
import { keys_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";

interface RevokeKeyDialogProps {
  api_key: ApiKey;
  on_close: () => void;
}

export function RevokeKeyDialog({ api_key, on_close }: RevokeKeyDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [reason, set_reason] = useState("");
  const revoking = useMutation({
    mutationFn: () => revoke_key(api_key.id, csrf_token, reason.trim()),
    onSuccess: async () => {
      await queries.invalidateQueries(keys_query);
      on_close();
    },
  });

  return (
    <Modal
      opened
      onClose={on_close}
      title={`Revoke “${api_key.name}”?`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack>
        <Text size="sm">
          <Code>{api_key.redacted_value}</Code> stops working at once: its next call is refused with
          401, and streams that it has open now are cut. This cannot be undone. Its usage stays on
          record.
        </Text>
        <TextInput
          label="Reason"
          placeholder="Optional, for the record"
          autoComplete="off"
          maxLength={200}
          value={reason}
          onChange={(event) => set_reason(event.currentTarget.value)}
        />
        <Problem error={revoking.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={on_close} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={revoking.isPending} onClick={() => revoking.mutate()}>
            Revoke key
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
