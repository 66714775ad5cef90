// SPDX-License-Identifier: Apache-2.0
import { Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { report_leaked } from "../../api/keys";
import type { ApiKey } from "../../api/types";
import { keys_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { LeakReport } from "./LeakReport";

interface LeakedKeyDialogProps {
  api_key: ApiKey;
  on_close: () => void;
}

// One act: the key stops, and its owner learns what it did.
export function LeakedKeyDialog({ api_key, on_close }: LeakedKeyDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const reporting = useMutation({
    mutationFn: () => report_leaked(api_key.id, csrf_token),
    onSuccess: () => queries.invalidateQueries(keys_query),
  });
  const report = reporting.data;

  return (
    <Modal
      opened
      onClose={on_close}
      title={report ? `“${api_key.name}” is revoked` : `“${api_key.name}” leaked?`}
      size="lg"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {report ? (
        <Stack>
          <LeakReport report={report} />
          <Group justify="flex-end">
            <Button onClick={on_close}>Done</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Text size="sm">
            <Code>{api_key.redacted_value}</Code>, its former secrets and its child keys stop
            working at once, without grace; streams that they have open are cut. This cannot be
            undone. Then you see what the key did in the last 7 days, and from where.
          </Text>
          <Problem error={reporting.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close} data-autofocus>
              Cancel
            </Button>
            <Button color="red" loading={reporting.isPending} onClick={() => reporting.mutate()}>
              It leaked: stop it now
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
