// SPDX-License-Identifier: Apache-2.0
import { Center, Loader, Modal, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { book_history_query } from "../../api/price_queries";
import type { InstanceOrganization, PriceBookRule } from "../../api/types";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { kEverybody } from "./book_rules";
import { models_of, RulePays } from "./RulePays";

interface BookHistoryProps {
  organizations: InstanceOrganization[];
  on_close: () => void;
}

// What was ever decided about an organization's price book, the newest first.
export function BookHistory({ organizations, on_close }: BookHistoryProps) {
  const [id, set_id] = useState("");
  const history = useQuery(book_history_query(id === "" ? null : id));
  return (
    <Modal
      opened
      onClose={on_close}
      size="xl"
      title="History of price books"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Stack>
        <NativeSelect
          label="Whose"
          data={[
            { value: "", label: kEverybody },
            ...organizations.map((each) => ({ value: each.id, label: each.name })),
          ]}
          value={id}
          onChange={(event) => set_id(event.currentTarget.value)}
        />
        <Problem error={history.error} />
        {history.isPending && <Center mih={80} children={<Loader size="sm" />} />}
        {history.data?.length === 0 && (
          <Text size="sm" c="dimmed">
            Nothing was decided yet.
          </Text>
        )}
        {history.data && history.data.length > 0 && <Decisions decisions={history.data} />}
      </Stack>
    </Modal>
  );
}

function Decisions({ decisions }: { decisions: PriceBookRule[] }) {
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table horizontalSpacing="xs" verticalSpacing="xs" aria-label="Decisions" tabularNums>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Decided</Table.Th>
            <Table.Th>Models</Table.Th>
            <Table.Th>Pays</Table.Th>
            <Table.Th>By</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {decisions.map((decision, i) => (
            <Table.Tr key={i} style={{ verticalAlign: "top" }}>
              <Table.Td>
                <TimeAgo at_unix_s={decision.decided_at} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{models_of(decision)}</Table.Td>
              <Table.Td>
                <RulePays rule={decision} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: "anywhere" }}>
                {decision.decided_by}
                {decision.reason !== null && (
                  <Text size="xs" c="dimmed">
                    {decision.reason}
                  </Text>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
