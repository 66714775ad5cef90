// SPDX-License-Identifier: Apache-2.0
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { all_organizations_query, sign_up_policy_query } from "../../api/organization_queries";
import { Problem } from "../../parts/Problem";
import { useReopening } from "../../parts/reopening";
import { PageTitle } from "../../shell/PageTitle";
import { AllOrganizations } from "./AllOrganizations";
import { SignUpForm } from "./SignUpForm";

// What belongs to the instance, for its operators.
export function InstancePage() {
  const organizations = useQuery(all_organizations_query);
  const policy = useQuery(sign_up_policy_query);
  const [openings, reopen] = useReopening(sign_up_policy_query);
  return (
    <Stack gap="lg">
      <PageTitle title="This Tollgate" lead="What you decide for all organizations on it." />
      <Problem error={policy.error ?? organizations.error} />
      {policy.data && organizations.data && (
        <SignUpForm
          key={openings}
          policy={policy.data}
          organizations={organizations.data}
          on_reload={reopen}
        />
      )}
      {organizations.data && <AllOrganizations organizations={organizations.data} />}
    </Stack>
  );
}
