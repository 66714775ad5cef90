// SPDX-License-Identifier: Apache-2.0
import { Button, Center, Loader, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { ApiKey, Limit } from "../../api/types";
import { key_limits_query, keys_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { CreateKeyDialog } from "./CreateKeyDialog";
import { FirstCall } from "./FirstCall";
import { KeyLimitDialog } from "./KeyLimitDialog";
import { KeyTable } from "./KeyTable";
import { RevokeKeyDialog } from "./RevokeKeyDialog";

type OpenDialog = { name: "create" } | { name: "revoke" | "limit"; key: ApiKey };

const kLead =
  "A key lets a program call models through Tollgate. Treat it like a password: never put it " +
  "into a browser or a repository.";

export function KeysPage() {
  const { data, error } = useQuery(keys_query);
  const { data: limit_list, error: limits_error } = useQuery(key_limits_query);
  const limits = limit_list?.data ?? [];
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const close = () => set_dialog(null);

  return (
    <Stack>
      <PageTitle
        title="API keys"
        lead={kLead}
        action={<Button onClick={() => set_dialog({ name: "create" })}>Create API key</Button>}
      />
      <Problem error={error ?? limits_error} />
      {data ? (
        <KeysAndFirstCall
          keys={data.data}
          limits={limits}
          on_limit={(key) => set_dialog({ name: "limit", key })}
          on_revoke={(key) => set_dialog({ name: "revoke", key })}
        />
      ) : (
        !error && <Center mih={200} children={<Loader />} />
      )}
      {dialog?.name === "create" && <CreateKeyDialog on_close={close} />}
      {dialog?.name === "revoke" && <RevokeKeyDialog api_key={dialog.key} on_close={close} />}
      {dialog?.name === "limit" && (
        <KeyLimitDialog
          api_key={dialog.key}
          limits={limits.filter(({ target_id }) => target_id === dialog.key.id)}
          on_close={close}
        />
      )}
    </Stack>
  );
}

interface KeysAndFirstCallProps {
  keys: ApiKey[];
  limits: Limit[];
  on_limit: (key: ApiKey) => void;
  on_revoke: (key: ApiKey) => void;
}

// Until a first call has come, the page shows how to make it.
function KeysAndFirstCall({ keys, limits, on_limit, on_revoke }: KeysAndFirstCallProps) {
  const any_used = keys.some((key) => key.last_used_at !== null);
  return (
    <>
      {keys.length > 0 && (
        <KeyTable keys={keys} limits={limits} on_limit={on_limit} on_revoke={on_revoke} />
      )}
      {!any_used && <FirstCall has_key={keys.length > 0} />}
    </>
  );
}
