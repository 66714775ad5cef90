// SPDX-License-Identifier: Apache-2.0
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { ApiError } from "./api/errors";
import { session_query } from "./api/queries";

const kRetriesMax = 2;

const kNotImplemented = 501;

// A refusal (4xx) will not get better by asking again, nor will what the server lacks; a server
// that restarts will.
function should_retry(failures: number, error: Error): boolean {
  const status = error instanceof ApiError ? error.status : 0;
  const refused = (status >= 400 && status < 500) || status === kNotImplemented;
  return !refused && failures < kRetriesMax;
}

// `on_session_lost` is called when an answer says that the session has ended meanwhile.
export function make_query_client(on_session_lost: () => void): QueryClient {
  const look_for_lost_session = (error: Error) => {
    if (!(error instanceof ApiError) || error.status !== 401) return;
    // A wrong password is a 401 as well, but then there was no session to lose.
    if (!queries.getQueryData(session_query.queryKey)) return;
    queries.clear();
    queries.setQueryData(session_query.queryKey, null);
    on_session_lost();
  };
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError: look_for_lost_session }),
    mutationCache: new MutationCache({ onError: look_for_lost_session }),
    defaultOptions: {
      queries: { retry: should_retry, staleTime: 5_000 },
      // An answer may hold a key: nothing of it stays once the asking component lets go.
      mutations: { retry: false, gcTime: 0 },
    },
  });
  return queries;
}
