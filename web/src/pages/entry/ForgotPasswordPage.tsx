// SPDX-License-Identifier: Apache-2.0
import { forgot_password } from "../../api/entry";
import { EntryCard } from "../../shell/EntryCard";
import { AddressForm } from "./AddressForm";

export function ForgotPasswordPage() {
  return (
    <EntryCard title="Forgot your password?" lead="We send a link by which you choose a new one.">
      <title>Forgot password · Tollgate</title>
      <AddressForm
        action="Send the link"
        send={forgot_password}
        sent="If this address has an account, a mail is on its way. Its link works for an hour."
      />
    </EntryCard>
  );
}
