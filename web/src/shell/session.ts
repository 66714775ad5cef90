// SPDX-License-Identifier: Apache-2.0
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";

import { session_query } from "../api/queries";
import type { Session } from "../api/types";

const shell = getRouteApi("/shell");

// For pages inside the shell, which nobody sees who is not signed in.
export function useSession(): Session {
  return shell.useRouteContext().session;
}

// The same session under another token: the pages go on, with its CSRF token.
export function useRenewSession(): (session: Session) => void {
  const queries = useQueryClient();
  const router = useRouter();
  return (session) => {
    queries.setQueryData(session_query.queryKey, session);
    void router.invalidate();
  };
}

// Another session, or another organization: everything that was read before may be another's.
export function useEnterSession(): (session: Session) => void {
  const queries = useQueryClient();
  const router = useRouter();
  return (session) => {
    queries.clear();
    queries.setQueryData(session_query.queryKey, session);
    void router.invalidate();
  };
}
