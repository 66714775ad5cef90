// SPDX-License-Identifier: Apache-2.0
import { Alert } from "@mantine/core";

import { message_of } from "../api/errors";

// What went wrong, in the server's words; nothing while nothing did.
export function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {message_of(error)}
    </Alert>
  );
}
