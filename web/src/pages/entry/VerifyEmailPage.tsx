// SPDX-License-Identifier: Apache-2.0
import { check_sign_up, finish_sign_up } from "../../api/entry";
import { EntryCard } from "../../shell/EntryCard";
import { LinkGate } from "./LinkGate";
import { PersonForm } from "./PersonForm";

export function VerifyEmailPage() {
  return (
    <EntryCard title="Almost there" lead="Your address is confirmed. Choose a password.">
      <title>Sign up · Tollgate</title>
      <LinkGate name="sign_up" check={check_sign_up}>
        {(token, { email }) => (
          <PersonForm token={token} email={email} action="Create account" send={finish_sign_up} />
        )}
      </LinkGate>
    </EntryCard>
  );
}
