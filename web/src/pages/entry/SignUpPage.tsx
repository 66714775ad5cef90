// SPDX-License-Identifier: Apache-2.0
import { sign_up } from "../../api/entry";
import { EntryCard } from "../../shell/EntryCard";
import { AddressForm } from "./AddressForm";

export function SignUpPage() {
  return (
    <EntryCard title="Sign up" lead="We send a link to your address; there you choose a password.">
      <title>Sign up · Tollgate</title>
      <AddressForm
        action="Send the link"
        send={sign_up}
        sent="A mail is on its way. Its link works once, for 24 hours."
      />
    </EntryCard>
  );
}
