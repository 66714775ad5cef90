// SPDX-License-Identifier: Apache-2.0
import { Button, Center, Loader, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { key_limits_query, keys_query } from "../../api/queries";
import type { ApiKey } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { CreateKeyDialog } from "./CreateKeyDialog";
import { FirstCall } from "./FirstCall";
import { type KeyAct, KeyDialogs } from "./KeyDialogs";
import { KeyDrawer } from "./KeyDrawer";
import { KeyTable } from "./KeyTable";

const kLead =
  "A key lets a program call models through Tollgate. Treat it like a password: never put it " +
  "into a browser or a repository.";

export function KeysPage() {
  const { data, error } = useQuery(keys_query);
  const { data: limit_list, error: limits_error } = useQuery(key_limits_query);
  const [is_creating, set_creating] = useState(false);
  // By id: what is shown of a key is what the list says by now.
  const [open_id, set_open_id] = useState<ApiKey["id"] | null>(null);
  // As the key was when it was chosen: a dialog's fields do not change under its reader.
  const [acting, set_acting] = useState<{ act: KeyAct; key: ApiKey } | null>(null);

  const keys = data ?? [];
  const open_key = keys.find((key) => key.id === open_id);
  const limits = limit_list ?? [];
  const limits_of = (key: ApiKey) => limits.filter(({ target_id }) => target_id === key.id);
  // Until a first call has come, the page shows how to make it.
  const any_used = keys.some((key) => key.last_used_at !== null);

  return (
    <Stack>
      <PageTitle
        title="API keys"
        lead={kLead}
        action={<Button onClick={() => set_creating(true)}>Create API key</Button>}
      />
      <Problem error={error ?? limits_error} />
      {!data && !error && <Center mih={200} children={<Loader />} />}
      {keys.length > 0 && (
        <KeyTable
          keys={keys}
          limits={limits}
          on_open={(key) => set_open_id(key.id)}
          on_act={(key, act) => set_acting({ act, key })}
        />
      )}
      {data && !any_used && <FirstCall has_key={keys.length > 0} />}
      {is_creating && <CreateKeyDialog on_close={() => set_creating(false)} />}
      {open_key && (
        <KeyDrawer
          api_key={open_key}
          limits={limits_of(open_key)}
          on_act={(act) => set_acting({ act, key: open_key })}
          on_close={() => set_open_id(null)}
        />
      )}
      {acting && (
        <KeyDialogs
          act={acting.act}
          api_key={acting.key}
          limits={limits_of(acting.key)}
          on_close={() => set_acting(null)}
        />
      )}
    </Stack>
  );
}
