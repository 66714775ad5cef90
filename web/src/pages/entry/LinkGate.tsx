// SPDX-License-Identifier: Apache-2.0
import { Alert, Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Problem } from "../../parts/Problem";

interface LinkGateProps<Facts> {
  name: string;
  // Asks what the link is good for; that does not use it up.
  check: (token: string) => Promise<Facts>;
  children: (token: string, facts: Facts) => ReactNode;
}

// What stands behind a one-time link: shown to who came by a good one.
export function LinkGate<Facts>({ name, check, children }: LinkGateProps<Facts>) {
  const { link_token } = useRouteContext({ from: "__root__" });
  const { data, error, isPending } = useQuery({
    queryKey: ["link", name],
    queryFn: () => check(link_token ?? ""),
    enabled: link_token !== null,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (link_token === null) return <LinkMissing />;
  if (error) return <Problem error={error} />;
  if (isPending) return <Center children={<Loader />} />;
  return children(link_token, data);
}

function LinkMissing() {
  return (
    <Alert color="yellow" title="Open the link again">
      This page needs the whole link that you were sent. For safety it leaves the address bar as
      soon as the page opens, so a reload does not work.
    </Alert>
  );
}
