// SPDX-License-Identifier: Apache-2.0
import { Anchor, Group, Paper, Table, Text, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Usage, UsageCounts, UsageGroup } from "../../api/types";
import type { UsageGrouping } from "../../api/usage";
import { columns_for, share_of, sorted_groups, type UsageColumn } from "./usage_columns";
import { filters_of_group, id_of_group, name_in_group } from "./usage_series";
import { kGroupings, narrowed, type UsageView } from "./usage_view";

interface UsageTableProps {
  report: Usage;
  // What the report is divided by, which the view may be ahead of.
  by: UsageGrouping[];
  view: UsageView;
  title: string;
}

// The groups and their sums; a click on one narrows the page to it.
export function UsageTable({ report, by, view, title }: UsageTableProps) {
  const columns = columns_for(report, view.metric);
  const hidden = report.groups_total - report.groups.length;
  return (
    <Paper withBorder>
      <Table.ScrollContainer minWidth={180 * by.length + 95 * columns.length}>
        <Table horizontalSpacing="sm" aria-label={title} tabularNums>
          <Table.Thead>
            <Table.Tr>
              {by.map((each) => (
                <ColumnHead key={each} name={each} title={label_of(each)} view={view} />
              ))}
              {columns.map((column) => (
                <ColumnHead
                  key={column.name}
                  name={column.name}
                  title={column.title}
                  view={view}
                  is_number
                />
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted_groups(report.groups, by, view).map((group) => (
              <GroupRow
                key={id_of_group(group, by)}
                group={group}
                by={by}
                columns={columns}
                totals={report.totals}
                view={view}
              />
            ))}
            {report.rest && (
              <SumRow
                title={`${hidden} others`}
                span={by.length}
                columns={columns}
                counts={report.rest.totals}
                totals={report.totals}
              />
            )}
          </Table.Tbody>
          <Table.Tfoot>
            <SumRow
              title="All"
              span={by.length}
              columns={columns}
              counts={report.totals}
              totals={report.totals}
            />
          </Table.Tfoot>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  );
}

function label_of(grouping: UsageGrouping): string {
  return kGroupings.find(({ value }) => value === grouping)?.label ?? grouping;
}

interface ColumnHeadProps {
  name: string;
  title: string;
  view: UsageView;
  is_number?: boolean;
}

// Numbers are sorted with the largest first, names from A to Z; a second click turns that round.
function ColumnHead({ name, title, view, is_number = false }: ColumnHeadProps) {
  // Tokens are two columns, and sorted by their sum as long as no column is chosen.
  const metric = view.metric === "tokens" ? "share" : view.metric;
  const is_sorted = (view.sort ?? metric) === name;
  const usual = is_number ? "descending" : "ascending";
  const unusual = is_number ? "ascending" : "descending";
  const order = view.order ?? usual;
  const next = is_sorted && order === usual ? unusual : usual;
  return (
    <Table.Th ta={is_number ? "right" : "left"} aria-sort={is_sorted ? order : "none"}>
      <UnstyledButton
        fz="inherit"
        fw="inherit"
        ta="inherit"
        renderRoot={(props) => (
          <Link
            from="/usage"
            to="."
            search={{ ...view, sort: name, order: next }}
            resetScroll={false}
            {...props}
          />
        )}
      >
        {title}
        {is_sorted && (order === "ascending" ? " ↑" : " ↓")}
      </UnstyledButton>
    </Table.Th>
  );
}

interface GroupRowProps {
  group: UsageGroup;
  by: UsageGrouping[];
  columns: UsageColumn[];
  totals: UsageCounts;
  view: UsageView;
}

function GroupRow({ group, by, columns, totals, view }: GroupRowProps) {
  const search = narrowed(view, filters_of_group(group, by));
  return (
    <Table.Tr>
      {by.map((each) => (
        <Table.Td key={each} fw={600} miw={160} style={{ overflowWrap: "anywhere" }}>
          <NarrowingLink search={search}>{name_in_group(group, each)}</NarrowingLink>
        </Table.Td>
      ))}
      {columns.map((column) => (
        <Table.Td key={column.name} ta="right" style={{ whiteSpace: "nowrap" }}>
          {column.name === "calls" ? (
            <NarrowingLink search={search} hash="calls">
              {cell_of(column, group.totals, totals)}
            </NarrowingLink>
          ) : (
            cell_of(column, group.totals, totals)
          )}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

interface NarrowingLinkProps {
  search: UsageView;
  hash?: string;
  children: ReactNode;
}

function NarrowingLink({ search, hash, children }: NarrowingLinkProps) {
  return (
    <Anchor
      inherit
      renderRoot={(props) => (
        <Link
          from="/usage"
          to="."
          search={search}
          resetScroll={false}
          {...(hash !== undefined && { hash })}
          {...props}
        />
      )}
    >
      {children}
    </Anchor>
  );
}

interface SumRowProps {
  title: string;
  span: number;
  columns: UsageColumn[];
  counts: UsageCounts;
  totals: UsageCounts;
}

function SumRow({ title, span, columns, counts, totals }: SumRowProps) {
  return (
    <Table.Tr>
      <Table.Th scope="row" colSpan={span}>
        {title}
      </Table.Th>
      {columns.map((column) => (
        <Table.Td key={column.name} ta="right" fw={600} style={{ whiteSpace: "nowrap" }}>
          {cell_of(column, counts, totals)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function cell_of(column: UsageColumn, counts: UsageCounts, totals: UsageCounts): string {
  return column.is_share
    ? share_of(column.amount(counts), column.amount(totals))
    : column.format(column.amount(counts));
}

// What stands above a table, with what one does with it at its right.
export function TableTitle({ title, action }: { title: string; action: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm">
      <Text component="h2" fz="h4" fw={600} m={0}>
        {title}
      </Text>
      {action}
    </Group>
  );
}
