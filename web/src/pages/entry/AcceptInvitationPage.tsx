// SPDX-License-Identifier: Apache-2.0
import { Text } from "@mantine/core";

import { accept_invitation, check_invitation } from "../../api/entry";
import { EntryCard } from "../../shell/EntryCard";
import { LinkGate } from "./LinkGate";
import { PersonForm } from "./PersonForm";

export function AcceptInvitationPage() {
  return (
    <EntryCard title="You are invited">
      <title>Invitation · Tollgate</title>
      <LinkGate name="invitation" check={check_invitation}>
        {(token, { email, organization, role, has_account }) => (
          <>
            <Text size="sm">
              Join <strong>{organization.name}</strong> as{" "}
              {role === "owner" ? "an owner" : "a reader"}.
            </Text>
            <PersonForm
              token={token}
              email={email}
              has_account={has_account}
              action="Join"
              send={accept_invitation}
            />
          </>
        )}
      </LinkGate>
    </EntryCard>
  );
}
