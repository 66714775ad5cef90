// SPDX-License-Identifier: Apache-2.0
import {
  Alert,
  Button,
  Checkbox,
  FileButton,
  Group,
  List,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { kPrices } from "../../api/price_queries";
import { import_prices } from "../../api/prices";
import type { ModelPrices, PriceDecision, PriceImport } from "../../api/types";
import { format_count } from "../../format/count";
import { format_instant } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { Section } from "../../parts/Section";
import { useSession } from "../../shell/session";
import {
  type FileProblem,
  is_problem,
  kFileBytesMax,
  parse_price_file,
  type PriceFile,
  problems_of,
} from "./price_file";
import { PriceTexts } from "./PriceTexts";

const kLead =
  "Prices of many models at once, all of them or none. The prices of a model in the file are all " +
  "of its prices. What is in the file is shown before anything changes.";

const kTooLarge = "The file is larger than 4 MiB.";

interface Checked {
  name: string;
  file: PriceFile | null;
  problems: FileProblem[];
  // What would hold.
  decisions: PriceDecision[];
}

export function ImportSection() {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const [confirm, set_confirm] = useState(false);
  const ask = async (file: PriceFile, changes: Partial<PriceImport>) => {
    // What the file says beside its models, the server judges.
    const body = { ...file.rest, models: file.models, ...changes } as PriceImport;
    return (await import_prices(body, csrf_token)).data;
  };
  const checking = useMutation({
    mutationFn: ({ file, is_meant }: { file: File; is_meant: boolean }) =>
      check_file(file, (read, models) => ask(read, { models, dry_run: true, confirm: is_meant })),
  });
  const importing = useMutation({
    mutationFn: (file: PriceFile) => ask(file, { confirm, dry_run: false }),
    onSuccess: async () => {
      checking.reset();
      await queries.invalidateQueries({ queryKey: kPrices });
    },
  });
  const check = (file: File, is_meant: boolean) => {
    importing.reset();
    checking.mutate({ file, is_meant });
  };
  const checked = checking.data;
  const chosen = checking.variables?.file;
  return (
    <Section
      title="Import a file"
      lead={kLead}
      action={
        <FileButton
          accept="application/json,.json"
          inputProps={{ "aria-label": "A file of prices" }}
          onChange={(file) => file && check(file, confirm)}
        >
          {(props) => (
            <Button variant="default" loading={checking.isPending} {...props}>
              Choose a file
            </Button>
          )}
        </FileButton>
      }
    >
      <Checkbox
        label="What looks like a slip is meant"
        description="Prices far beyond any known, and others for an instant that has one already."
        checked={confirm}
        onChange={(event) => {
          set_confirm(event.currentTarget.checked);
          if (chosen) check(chosen, event.currentTarget.checked);
        }}
      />
      <Problem error={checking.error ?? importing.error} />
      {importing.isSuccess && (
        <Alert color="teal" variant="light" role="status">
          {models_in(importing.data)} imported: the prices hold now, or from their day on.
        </Alert>
      )}
      {checked && checked.problems.length > 0 && <Problems checked={checked} />}
      {checked?.file && checked.problems.length === 0 && (
        <Stack gap="sm">
          <WhatWouldHold checked={checked} />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => checking.reset()}>
              Cancel
            </Button>
            <Button
              loading={importing.isPending}
              onClick={() => checked.file && importing.mutate(checked.file)}
            >
              Import {models_in(checked.decisions)}
            </Button>
          </Group>
        </Stack>
      )}
    </Section>
  );
}

function models_in(decisions: PriceDecision[]): string {
  return `${format_count(decisions.length)} ${decisions.length === 1 ? "model" : "models"}`;
}

type Ask = (file: PriceFile, models: ModelPrices[]) => Promise<PriceDecision[]>;

async function check_file(file: File, ask: Ask): Promise<Checked> {
  const { name } = file;
  const nothing = { name, file: null, decisions: [] };
  if (file.size > kFileBytesMax) {
    return { ...nothing, problems: [{ line: null, message: kTooLarge }] };
  }
  const read = parse_price_file(await file.text());
  if (is_problem(read)) return { ...nothing, problems: [read] };
  let decisions: PriceDecision[] = [];
  const problems = await problems_of(read, async (models) => {
    decisions = await ask(read, models);
    return decisions;
  });
  return { name, file: read, problems, decisions };
}

function Problems({ checked }: { checked: Checked }) {
  return (
    <Alert
      color="red"
      variant="light"
      role="alert"
      title={`${checked.name} cannot be imported, and nothing has changed`}
    >
      <List size="sm" aria-label="What is wrong with the file">
        {checked.problems.map(({ line, message }, i) => (
          <List.Item key={i}>
            {line !== null && <b>Line {line}: </b>}
            {message}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}

function WhatWouldHold({ checked }: { checked: Checked }) {
  return (
    <>
      <Text size="sm" fw={600}>
        {checked.name} would set:
      </Text>
      <Table.ScrollContainer minWidth={600} mah={420}>
        <Table horizontalSpacing="xs" verticalSpacing="xs" aria-label="What would hold" tabularNums>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Model</Table.Th>
              <Table.Th>At</Table.Th>
              <Table.Th>Price</Table.Th>
              <Table.Th>From</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {checked.decisions.map((decision, i) => (
              <Table.Tr key={i} style={{ verticalAlign: "top" }}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{decision.model}</Table.Td>
                <Table.Td>{decision.provider ?? "all without one of their own"}</Table.Td>
                <Table.Td>
                  <PriceTexts kind={decision.kind} prices={decision.prices} />
                </Table.Td>
                <Table.Td>
                  {decision.valid_from > decision.decided_at
                    ? format_instant(decision.valid_from)
                    : "now on"}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
