// SPDX-License-Identifier: Apache-2.0
import { Button, Group } from "@mantine/core";

import { asks_to_confirm } from "../api/errors";
import { Problem } from "./Problem";

interface ConfirmableProblemProps {
  error: unknown;
  // Does it all the same.
  on_confirm: () => void;
}

// What went wrong; where the server only asks whether it is meant, also the way to say so.
export function ConfirmableProblem({ error, on_confirm }: ConfirmableProblemProps) {
  return (
    <Problem error={error}>
      {asks_to_confirm(error) && (
        <Group mt="xs">
          <Button variant="default" size="compact-sm" onClick={on_confirm}>
            It is meant: do it
          </Button>
        </Group>
      )}
    </Problem>
  );
}
