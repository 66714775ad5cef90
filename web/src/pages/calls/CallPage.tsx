// SPDX-License-Identifier: Apache-2.0
import { Anchor, Center, Loader, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { explanation_query } from "../../api/queries";
import type { CallExplanation } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { PageTitle } from "../../shell/PageTitle";
import { read_view } from "../usage/usage_view";
import { CallFacts } from "./CallFacts";
import { CallMarks } from "./CallMarks";
import { CallTotals, ChargeSection, CostSection } from "./CallSum";

const route = getRouteApi("/shell/usage/calls/$call_id");

// Why one call cost what it did: its sum again, by the prices that it was let in with.
export function CallPage() {
  const { call_id } = route.useParams();
  const { data, error, isPending } = useQuery(explanation_query(call_id));
  return (
    <Stack gap="lg">
      <PageTitle
        title={call_id}
        lead="What it used, at the prices that it was let in with, whatever they are by now."
        action={
          <Anchor
            size="sm"
            renderRoot={(props) => <Link to="/usage" search={read_view({})} {...props} />}
          >
            All usage
          </Anchor>
        }
      />
      <Problem error={error} />
      {isPending && <Center mih={200} children={<Loader />} />}
      {data && <Explained explained={data} />}
    </Stack>
  );
}

function Explained({ explained }: { explained: CallExplanation }) {
  return (
    <>
      <CallTotals explained={explained} />
      <CallMarks explained={explained} />
      <CostSection explained={explained} />
      <ChargeSection explained={explained} />
      <CallFacts explained={explained} />
    </>
  );
}
