// SPDX-License-Identifier: Apache-2.0
import { Button, Code, Group, Modal, NativeSelect, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { rotate_key } from "../../api/keys";
import type { ApiKey } from "../../api/types";
import { keys_query } from "../../api/queries";
import { format_absolute } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { NewKey } from "./NewKey";

const kGraces = [
  { value: "0", label: "Stops at once" },
  { value: "3600", label: "Works for an hour" },
  { value: "86400", label: "Works for a day" },
  { value: "604800", label: "Works for 7 days" },
  { value: "2592000", label: "Works for 30 days" },
];

interface RotateKeyDialogProps {
  api_key: ApiKey;
  on_close: () => void;
}

// The new secret lives in this component's state and nowhere else, as a new key's does.
export function RotateKeyDialog({ api_key, on_close }: RotateKeyDialogProps) {
  const [made, set_made] = useState<{ value: string; note: string } | null>(null);
  return (
    <Modal
      opened
      onClose={on_close}
      title={made ? "Save your new secret" : `Rotate “${api_key.name}”`}
      size="lg"
      closeOnClickOutside={made === null}
      closeOnEscape={made === null}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {made ? (
        <NewKey value={made.value} note={made.note} on_done={on_close} />
      ) : (
        <RotateForm
          api_key={api_key}
          on_cancel={on_close}
          on_rotated={(value, note) => set_made({ value, note })}
        />
      )}
    </Modal>
  );
}

interface RotateFormProps {
  api_key: ApiKey;
  on_cancel: () => void;
  on_rotated: (value: string, note: string) => void;
}

function RotateForm({ api_key, on_cancel, on_rotated }: RotateFormProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [grace, set_grace] = useState("86400");
  const rotating = useMutation({
    mutationFn: async () => {
      const { value, former_ends_at } = await rotate_key(api_key.id, Number(grace), csrf_token);
      const end = format_absolute(former_ends_at * 1_000);
      on_rotated(
        value,
        grace === "0"
          ? "The former secret is refused from now on."
          : `The former works until ${end}.`,
      );
    },
    onSuccess: () => queries.invalidateQueries(keys_query),
  });
  return (
    <Stack>
      <Text size="sm">
        The key gets a new secret. Its id, limits, restrictions and usage stay. Put the new secret
        in place of <Code>{api_key.redacted_value}</Code> before that one stops.
      </Text>
      <NativeSelect
        label="The present secret"
        data={kGraces}
        value={grace}
        onChange={(event) => set_grace(event.currentTarget.value)}
      />
      <Problem error={rotating.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={on_cancel}>
          Cancel
        </Button>
        <Button loading={rotating.isPending} onClick={() => rotating.mutate()}>
          Rotate key
        </Button>
      </Group>
    </Stack>
  );
}
