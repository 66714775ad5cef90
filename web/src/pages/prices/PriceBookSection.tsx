// SPDX-License-Identifier: Apache-2.0
import { Button, Center, Group, Loader, Paper, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { all_organizations_query } from "../../api/organization_queries";
import { price_books_query } from "../../api/price_queries";
import { set_price_book } from "../../api/prices";
import type { InstanceOrganization, PriceBookRule } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";
import { BookHistory } from "./BookHistory";
import { name_of_owner, removal_of } from "./book_rules";
import { PayingTable } from "./PayingTable";
import { RuleDialog } from "./RuleDialog";
import { models_of, RulePays } from "./RulePays";

const kLead =
  "The cost of a call is what the provider asks, its charge what the organization pays. They are " +
  "the same where no rule stands here. Limits hold and count the charge.";

type OpenDialog =
  | { name: "add" | "history" }
  | { name: "change" | "remove"; rule: PriceBookRule };

// What organizations pay for what providers ask: the rules, and who uses which.
export function PriceBookSection() {
  const books = useQuery(price_books_query);
  const organizations = useQuery(all_organizations_query);
  const [dialog, set_dialog] = useState<OpenDialog | null>(null);
  const close = () => set_dialog(null);
  const all = organizations.data ?? [];
  return (
    <Section
      title="What organizations pay"
      lead={kLead}
      action={
        <Group gap="xs">
          <Button variant="default" onClick={() => set_dialog({ name: "history" })}>
            History
          </Button>
          <Button variant="default" onClick={() => set_dialog({ name: "add" })}>
            Add a rule
          </Button>
        </Group>
      }
    >
      <Problem error={books.error ?? organizations.error} />
      {(books.isPending || organizations.isPending) && (
        <Center mih={80} children={<Loader size="sm" />} />
      )}
      {books.data?.data.length === 0 && (
        <Text size="sm" fw={600}>
          No rule: everybody pays the cost.
        </Text>
      )}
      {books.data && organizations.data && books.data.data.length > 0 && (
        <RuleTable
          rules={books.data.data}
          organizations={all}
          on_open={(name, rule) => set_dialog({ name, rule })}
        />
      )}
      {books.data && organizations.data && <PayingTable book={books.data} organizations={all} />}
      {dialog?.name === "history" && <BookHistory organizations={all} on_close={close} />}
      {dialog?.name === "add" && (
        <RuleDialog changed={null} organizations={all} on_close={close} />
      )}
      {dialog?.name === "change" && (
        <RuleDialog changed={dialog.rule} organizations={all} on_close={close} />
      )}
      {dialog?.name === "remove" && (
        <RemoveDialog rule={dialog.rule} organizations={all} on_close={close} />
      )}
    </Section>
  );
}

interface RuleTableProps {
  rules: PriceBookRule[];
  organizations: InstanceOrganization[];
  on_open: (name: "change" | "remove", rule: PriceBookRule) => void;
}

function RuleTable({ rules, organizations, on_open }: RuleTableProps) {
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={760}>
        <Table horizontalSpacing="md" verticalSpacing="xs" aria-label="Rules" tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Who</Table.Th>
              <Table.Th>Models</Table.Th>
              <Table.Th>Pays</Table.Th>
              <Table.Th>Decided</Table.Th>
              <Table.Th aria-label="Actions" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rules.map((rule) => (
              <RuleRow
                key={`${rule.organization_id} ${rule.model}`}
                rule={rule}
                who={name_of_owner(rule.organization_id, organizations)}
                on_open={(name) => on_open(name, rule)}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

interface RuleRowProps {
  rule: PriceBookRule;
  who: string;
  on_open: (name: "change" | "remove") => void;
}

function RuleRow({ rule, who, on_open }: RuleRowProps) {
  const name = `the rule of ${who} for ${models_of(rule)}`;
  return (
    <Table.Tr>
      <Table.Td fw={600}>{who}</Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere" }}>{models_of(rule)}</Table.Td>
      <Table.Td>
        <RulePays rule={rule} />
      </Table.Td>
      <Table.Td>
        <TimeAgo at_unix_s={rule.decided_at} />
        {rule.reason !== null && (
          <Text size="xs" c="dimmed">
            {rule.reason}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button
            size="xs"
            variant="default"
            aria-label={`Change ${name}`}
            onClick={() => on_open("change")}
          >
            Change
          </Button>
          <Button
            size="xs"
            variant="subtle"
            color="red"
            aria-label={`Remove ${name}`}
            onClick={() => on_open("remove")}
          >
            Remove
          </Button>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

interface RemoveDialogProps {
  rule: PriceBookRule;
  organizations: InstanceOrganization[];
  on_close: () => void;
}

function RemoveDialog({ rule, organizations, on_close }: RemoveDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  return (
    <Confirm
      title="Remove the rule?"
      confirm="Remove rule"
      cancel="Keep it"
      act={async () => {
        await set_price_book(removal_of(rule), csrf_token);
        await queries.invalidateQueries(price_books_query);
      }}
      on_close={on_close}
    >
      <Text size="sm">
        {name_of_owner(rule.organization_id, organizations)}, {models_of(rule)}: from then on the
        next wider rule holds, or the cost where there is none. What was charged stays as it is.
      </Text>
    </Confirm>
  );
}
