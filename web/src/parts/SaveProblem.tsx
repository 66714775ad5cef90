// SPDX-License-Identifier: Apache-2.0
import { Button, Group } from "@mantine/core";

import { is_collision } from "../api/errors";
import { Problem } from "./Problem";

interface SaveProblemProps {
  error: unknown;
  on_reload: () => void;
}

// What went wrong with a change; where somebody else was faster, also the way to what is there now.
export function SaveProblem({ error, on_reload }: SaveProblemProps) {
  return (
    <Problem error={error}>
      {is_collision(error) && (
        <Group mt="xs">
          <Button variant="default" size="compact-sm" onClick={on_reload}>
            Show what it is now
          </Button>
        </Group>
      )}
    </Problem>
  );
}
