// SPDX-License-Identifier: Apache-2.0
import { Alert, Center, Code, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";

import { check_setup_token } from "../../api/entry";
import { Problem } from "../../parts/Problem";
import { EntryCard } from "../../shell/EntryCard";
import { OwnerForm } from "./OwnerForm";

// Where the one-time link leads that `tollgate serve` prints on its first start.
export function SetupPage() {
  const { link_token } = useRouteContext({ from: "__root__" });
  return (
    <EntryCard title="Welcome to Tollgate" lead="Create the owner of this instance.">
      <title>Setup · Tollgate</title>
      {link_token === null ? <LinkMissing /> : <OwnerFormIfValid token={link_token} />}
    </EntryCard>
  );
}

function OwnerFormIfValid({ token }: { token: string }) {
  const { data, error, isPending } = useQuery({
    queryKey: ["setup"],
    queryFn: () => check_setup_token(token),
    staleTime: Infinity,
  });
  if (isPending) return <Center children={<Loader />} />;
  if (error) return <Problem error={error} />;
  return data.valid ? <OwnerForm token={token} /> : <LinkSpent />;
}

function LinkMissing() {
  return (
    <Alert color="yellow" title="Open the setup link again">
      This page needs the whole link that <Code>tollgate serve</Code> printed. For safety it leaves
      the address bar as soon as the page opens, so a reload does not work.
    </Alert>
  );
}

function LinkSpent() {
  return (
    <Alert color="yellow" title="This link is no longer valid">
      It has been used, or it is too old. If this instance has an owner, sign in; else restart{" "}
      <Code>tollgate serve</Code>, which prints a new link.
    </Alert>
  );
}
