// SPDX-License-Identifier: Apache-2.0
import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

// A form shows what was read when it was opened, and keeps it while others change it. The number is
// its key: each reopening reads again, and makes another form of it.
export function useReopening(query: { queryKey: QueryKey }): [number, () => Promise<void>] {
  const queries = useQueryClient();
  const [openings, set_openings] = useState(0);
  const reopen = async () => {
    await queries.invalidateQueries({ queryKey: query.queryKey });
    set_openings((count) => count + 1);
  };
  return [openings, reopen];
}
