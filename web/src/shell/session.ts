// SPDX-License-Identifier: Apache-2.0
import { getRouteApi } from "@tanstack/react-router";

import type { Session } from "../api/types";

const shell = getRouteApi("/shell");

// For pages inside the shell, which nobody sees who is not signed in.
export function useSession(): Session {
  return shell.useRouteContext().session;
}
