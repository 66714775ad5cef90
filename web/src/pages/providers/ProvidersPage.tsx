// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { providers_query, routes_query } from "../../api/queries";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { AddProvider } from "./AddProvider";
import { DefaultModels } from "./DefaultModels";
import { OpenedPaths } from "./OpenedPaths";
import { ProviderTable } from "./ProviderTable";
import { Successors } from "./Successors";

const kLead =
  "A provider serves models. Its credential stays on this server, encrypted; your programs only " +
  "ever hold Tollgate keys.";

export function ProvidersPage() {
  const providers = useQuery(providers_query);
  const routes = useQuery(routes_query);
  return (
    <Stack gap="xl">
      <PageTitle
        title="Providers & models"
        lead={kLead}
      />
      <Problem error={providers.error ?? routes.error} />
      {(providers.isPending || routes.isPending) && <Center mih={200} children={<Loader />} />}
      {providers.data && <ProviderTable providers={providers.data} />}
      <AddProvider />
      {routes.data && <DefaultModels routes={routes.data} />}
      {routes.data && <Successors routes={routes.data} />}
      {routes.data && <OpenedPaths routes={routes.data} />}
    </Stack>
  );
}
