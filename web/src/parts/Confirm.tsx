// SPDX-License-Identifier: Apache-2.0
import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Problem } from "./Problem";

interface ConfirmProps {
  title: string;
  // What will happen.
  children: ReactNode;
  confirm: string;
  cancel?: string;
  is_ready?: boolean;
  act: () => Promise<unknown>;
  on_close: () => void;
}

// Asks before something that cannot be undone; closes when it is done.
export function Confirm({
  title,
  children,
  confirm,
  cancel = "Cancel",
  is_ready = true,
  act,
  on_close,
}: ConfirmProps) {
  const acting = useMutation({ mutationFn: act, onSuccess: on_close });
  return (
    <Modal opened onClose={on_close} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        {children}
        <Problem error={acting.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={on_close} data-autofocus>
            {cancel}
          </Button>
          <Button
            color="red"
            disabled={!is_ready}
            loading={acting.isPending}
            onClick={() => acting.mutate()}
          >
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
