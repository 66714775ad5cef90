// SPDX-License-Identifier: Apache-2.0
import { Box, Text } from "@mantine/core";

import { useSession } from "../../shell/session";

interface CreditOwnerProps {
  // Null: the whole organization's.
  project_id: string | null;
}

// Whose credit it is; a project of another organization has no name here.
export function CreditOwner({ project_id }: CreditOwnerProps) {
  const { projects } = useSession();
  const name = projects.find(({ id }) => id === project_id)?.name;
  return (
    <Box miw={130}>
      <Text inherit fw={600} style={{ overflowWrap: "anywhere" }}>
        {project_id === null ? "The organization" : (name ?? project_id)}
      </Text>
      {project_id !== null && (
        <Text size="xs" c="dimmed">
          project, for itself alone
        </Text>
      )}
    </Box>
  );
}
