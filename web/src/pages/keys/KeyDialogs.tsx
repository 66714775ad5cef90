// SPDX-License-Identifier: Apache-2.0
import type { ApiKey, Limit } from "../../api/types";
import { EditKeyDialog } from "./EditKeyDialog";
import { KeyLimitDialog } from "./KeyLimitDialog";
import { LeakedKeyDialog } from "./LeakedKeyDialog";
import { RevokeKeyDialog } from "./RevokeKeyDialog";
import { RotateKeyDialog } from "./RotateKeyDialog";

export type KeyAct = "edit" | "limit" | "rotate" | "leaked" | "revoke";

interface KeyDialogsProps {
  act: KeyAct;
  api_key: ApiKey;
  limits: Limit[];
  on_close: () => void;
}

// The dialog for what is done with a key.
export function KeyDialogs({ act, api_key, limits, on_close }: KeyDialogsProps) {
  const props = { api_key, on_close };
  switch (act) {
    case "edit":
      return <EditKeyDialog {...props} />;
    case "limit":
      return <KeyLimitDialog {...props} limits={limits} />;
    case "rotate":
      return <RotateKeyDialog {...props} />;
    case "leaked":
      return <LeakedKeyDialog {...props} />;
    case "revoke":
      return <RevokeKeyDialog {...props} />;
  }
}
