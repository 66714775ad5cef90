// SPDX-License-Identifier: Apache-2.0
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { organization_query } from "../../api/organization_queries";
import { format_count } from "../../format/count";
import { Facts } from "../../parts/Facts";
import { Problem } from "../../parts/Problem";
import { useReopening } from "../../parts/reopening";
import { Section } from "../../parts/Section";
import { TimeAgo } from "../../parts/TimeAgo";
import { PageTitle } from "../../shell/PageTitle";
import { may_administer } from "../../shell/permissions";
import { useSession } from "../../shell/session";
import { AlertsSection } from "../alerts/AlertsSection";
import { CertificatesSection } from "../certificates/CertificatesSection";
import { DeleteOrganization } from "./DeleteOrganization";
import { OrganizationNameForm } from "./OrganizationNameForm";

export function OrganizationPage() {
  const session = useSession();
  const { id, name } = session.organization;
  const query = organization_query(id);
  const { data, error } = useQuery(query);
  const [openings, reopen] = useReopening(query);
  return (
    <Stack gap="lg">
      <PageTitle
        title="Organization"
        lead={`What ${name} is called, who is told of its spending, whom it trusts, and its end.`}
      />
      <Problem error={error} />
      {data && (
        <Section title="About it">
          <Facts
            facts={[
              { label: "Id", value: data.id },
              { label: "Your role", value: data.role },
              { label: "Members", value: format_count(data.members) },
              { label: "Created", value: <TimeAgo at_unix_s={data.created_at} /> },
            ]}
          />
        </Section>
      )}
      {data && may_administer(session) && (
        <>
          <OrganizationNameForm key={openings} organization={data} on_reload={reopen} />
          <AlertsSection target={{ scope: "organization", id: data.id }} may_change />
          <CertificatesSection place={null} may_change />
          <DeleteOrganization organization={data} />
        </>
      )}
    </Stack>
  );
}
