// SPDX-License-Identifier: Apache-2.0
import { Button, Center, Loader, NativeSelect, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { credits_query } from "../../api/credit_queries";
import { all_organizations_query } from "../../api/organization_queries";
import type { CreditGrant } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { PageTitle } from "../../shell/PageTitle";
import { may_administer, may_operate } from "../../shell/permissions";
import { useSession } from "../../shell/session";
import { BalanceTable } from "./BalanceTable";
import { CorrectionDialog } from "./CorrectionDialog";
import { CreditHistory } from "./CreditHistory";
import { GrantDialog } from "./GrantDialog";
import { GrantTable } from "./GrantTable";

const kLead =
  "Prepaid money. Whoever has some is let in as long as it covers what a call may cost; whoever " +
  "was never granted any is billed.";

type OpenDialog = { name: "grant" } | { name: "correct"; grant: CreditGrant };

// What was granted and what is left: of one's own organization, of any for operators.
export function CreditsPage() {
  const session = useSession();
  const is_operator = may_operate(session);
  const [organization, set_organization] = useState(session.organization.id);
  const [shown, set_shown] = useState<CreditGrant | null>(null);
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const close = () => set_dialog(null);
  const choose = (id: string) => {
    set_organization(id);
    set_shown(null);
  };
  const credits = useInfiniteQuery(credits_query(organization));
  const grants = credits.data?.pages.flatMap(({ data }) => data) ?? [];
  const balances = credits.data?.pages[0]?.balances ?? [];
  return (
    <Stack gap="lg">
      <PageTitle
        title="Credits"
        lead={kLead}
        action={
          is_operator && <Button onClick={() => set_dialog({ name: "grant" })}>Grant credit</Button>
        }
      />
      {is_operator && <OrganizationSelect value={organization} on_change={choose} />}
      <Problem error={credits.error} />
      {credits.isPending && <Center mih={160} children={<Loader />} />}
      {credits.data && (
        <Section title="What is left" lead="What has ended is not in it.">
          {balances.length === 0 ? <Billed /> : <BalanceTable balances={balances} />}
        </Section>
      )}
      {grants.length > 0 && (
        <Section
          title="Grants"
          lead="What ends first pays first. A project with credit of its own spends that alone."
        >
          <GrantTable
            grants={grants}
            may_correct={is_operator}
            on_correct={(grant) => set_dialog({ name: "correct", grant })}
            {...(may_see_history(session) && { on_history: set_shown })}
          />
          {credits.hasNextPage && (
            <Center>
              <Button
                variant="default"
                loading={credits.isFetchingNextPage}
                onClick={() => void credits.fetchNextPage()}
              >
                Load more
              </Button>
            </Center>
          )}
        </Section>
      )}
      {grants.length > 0 && may_see_history(session) && (
        <CreditHistory
          organization={organization}
          grant={shown}
          on_all={() => set_shown(null)}
        />
      )}
      {dialog?.name === "grant" && <GrantDialog organization={organization} on_close={close} />}
      {dialog?.name === "correct" && <CorrectionDialog grant={dialog.grant} on_close={close} />}
    </Stack>
  );
}

function may_see_history(session: ReturnType<typeof useSession>): boolean {
  return may_administer(session) || may_operate(session);
}

function Billed() {
  return (
    <Text size="sm">No credit was granted: calls are let in, and what they cost is billed.</Text>
  );
}

interface OrganizationSelectProps {
  value: string;
  on_change: (id: string) => void;
}

function OrganizationSelect({ value, on_change }: OrganizationSelectProps) {
  const organizations = useQuery(all_organizations_query);
  if (!organizations.data) return <Problem error={organizations.error} />;
  return (
    <NativeSelect
      label="Organization"
      maw={360}
      data={organizations.data.map(({ id, name, deleted_at }) => ({
        value: id,
        label: deleted_at === null ? name : `${name} (deleted)`,
      }))}
      value={value}
      onChange={(event) => on_change(event.currentTarget.value)}
    />
  );
}
