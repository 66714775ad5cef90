// SPDX-License-Identifier: Apache-2.0
import { Button, Code, Paper, Stack, Table, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { close_path } from "../../api/providers";
import { routes_query } from "../../api/queries";
import type { OpenedPath, Routes } from "../../api/types";
import { format_nanousd } from "../../format/money";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { OpenPathForm } from "./OpenPathForm";

export function OpenedPaths({ routes }: { routes: Routes }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const closing = useMutation({
    mutationFn: ({ method, path }: OpenedPath) => close_path(method, path, csrf_token),
    onSuccess: () => queries.invalidateQueries(routes_query),
  });
  return (
    <Stack gap="xs">
      <div>
        <Title order={2} size="h4">
          Paths at a flat price
        </Title>
        <Text size="sm" c="dimmed">
          What no answer tells the cost of is closed. Open it at a price a call, and it is held,
          charged and limited as everything else. Every key finds everything there.
        </Text>
      </div>
      <Paper withBorder>
        <Table horizontalSpacing="md" aria-label="Paths at a flat price">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="40%">Path</Table.Th>
              <Table.Th>A call costs</Table.Th>
              <Table.Th>Provider</Table.Th>
              <Table.Th />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {routes.opened_paths.map((opened) => (
              <Table.Tr key={`${opened.method} ${opened.path}`}>
                <Table.Td>
                  <Code>
                    {opened.method} {opened.path}
                  </Code>
                </Table.Td>
                <Table.Td>{format_nanousd(opened.price_nanousd)}</Table.Td>
                <Table.Td>{opened.provider}</Table.Td>
                <Table.Td ta="right">
                  <Button
                    size="xs"
                    variant="default"
                    aria-label={`Close ${opened.method} ${opened.path}`}
                    loading={closing.isPending}
                    onClick={() => closing.mutate(opened)}
                  >
                    Close
                  </Button>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
        <Problem error={closing.error} />
        <OpenPathForm />
      </Paper>
    </Stack>
  );
}
