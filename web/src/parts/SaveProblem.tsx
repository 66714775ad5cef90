// SPDX-License-Identifier: Apache-2.0
import { Button, Stack } from "@mantine/core";

import { is_collision } from "../api/errors";
import { Problem } from "./Problem";

interface SaveProblemProps {
  error: unknown;
  on_reload: () => void;
}

// What went wrong with a change; where somebody else was faster, also the way to what is there now.
export function SaveProblem({ error, on_reload }: SaveProblemProps) {
  if (!is_collision(error)) return <Problem error={error} />;
  return (
    <Stack gap="xs" align="flex-start">
      <Problem error={error} />
      <Button variant="default" size="compact-sm" onClick={on_reload}>
        Show what it is now
      </Button>
    </Stack>
  );
}
