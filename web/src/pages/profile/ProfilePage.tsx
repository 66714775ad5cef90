// SPDX-License-Identifier: Apache-2.0
import { Stack } from "@mantine/core";

import { PageTitle } from "../../shell/PageTitle";
import { useSession } from "../../shell/session";
import { BrowserSessions } from "./BrowserSessions";
import { NameForm } from "./NameForm";
import { PasswordForm } from "./PasswordForm";

export function ProfilePage() {
  const { user } = useSession();
  return (
    <Stack gap="xl">
      <PageTitle title="Profile" lead={user.email} />
      <NameForm />
      <PasswordForm />
      <BrowserSessions />
    </Stack>
  );
}
