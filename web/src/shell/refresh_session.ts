// SPDX-License-Identifier: Apache-2.0
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";

import { session_query } from "../api/queries";

// For whoever changed what the session tells: projects, roles, names.
export function useRefreshSession(): () => Promise<void> {
  const queries = useQueryClient();
  const router = useRouter();
  return async () => {
    await queries.fetchQuery({ ...session_query, staleTime: 0 });
    await router.invalidate();
  };
}
