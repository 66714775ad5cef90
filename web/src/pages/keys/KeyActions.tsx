// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { pause_key, resume_key } from "../../api/keys";
import type { ApiKey } from "../../api/types";
import { keys_query } from "../../api/queries";
import { message_of } from "../../api/errors";
import { useSession } from "../../shell/session";
import type { KeyAct } from "./KeyDialogs";

interface KeyActionsProps {
  api_key: ApiKey;
  on_act: (act: KeyAct) => void;
}

// What one may do with a key that is not revoked. Pausing can be undone, so nothing is asked.
export function KeyActions({ api_key, on_act }: KeyActionsProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const is_paused = api_key.paused_at !== null;
  const pausing = useMutation({
    mutationFn: () => (is_paused ? resume_key : pause_key)(api_key.id, csrf_token),
    onSuccess: () => queries.invalidateQueries(keys_query),
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color={pausing.isError ? "red" : "gray"}
          loading={pausing.isPending}
          aria-label={`Actions for ${api_key.name}`}
        >
          ⋯
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {pausing.isError && (
          <Menu.Label c="red" role="alert">
            {message_of(pausing.error)}
          </Menu.Label>
        )}
        <Menu.Item onClick={() => on_act("edit")}>Edit…</Menu.Item>
        {api_key.kind !== "admin" && (
          <Menu.Item onClick={() => on_act("limit")}>Limits…</Menu.Item>
        )}
        <Menu.Item onClick={() => on_act("rotate")}>Rotate…</Menu.Item>
        <Menu.Item onClick={() => pausing.mutate()}>{is_paused ? "Resume" : "Pause"}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => on_act("leaked")} color="red">
          This key leaked…
        </Menu.Item>
        <Menu.Item onClick={() => on_act("revoke")} color="red">
          Revoke…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
