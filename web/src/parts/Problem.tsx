// SPDX-License-Identifier: Apache-2.0
import { Alert } from "@mantine/core";
import type { ReactNode } from "react";

import { ApiError, message_of } from "../api/errors";

const kForbidden = "You may not see or do this here. Ask an owner of your organization. ";

interface ProblemProps {
  error: unknown;
  // What one can do about it.
  children?: ReactNode;
}

// What went wrong, in the server's words; nothing while nothing did.
export function Problem({ error, children }: ProblemProps) {
  if (!error) return null;
  return (
    <Alert color="red" variant="light" role="alert">
      {error instanceof ApiError && error.status === 403 && kForbidden}
      {message_of(error)}
      {children}
    </Alert>
  );
}
