// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import type { Limit } from "../../api/types";
import {
  changes_of,
  choices_of,
  kThreshold,
  new_fields,
  parse_percents,
  problem_of_recipients,
  problem_of_usd,
  request_of,
} from "./alert_form";

const kLimit = {
  id: "limit_1",
  metric: "money",
  amount: 5_000_000_000,
  per: "month",
  window: "calendar",
  time_zone: "UTC",
  hard: true,
} as Limit;
const kProject = { scope: "project", id: "proj_1" } as const;

test("percentages in any order and way of writing", () => {
  expect(parse_percents("80%, 50 100")).toEqual([50, 80, 100]);
  for (const wrong of ["", "0", "101", "50, 50", "half", "1.5", "1 2 3 4 5 6 7 8 9 10 11"]) {
    expect(parse_percents(wrong), wrong).toBeNull();
  }
});

test("what can be chosen: a threshold, and limits that mails are not too late for", () => {
  const limits = [kLimit, { ...kLimit, id: "limit_2", per: "hour" as const }];
  expect(choices_of(kProject, limits).map(({ value }) => value)).toEqual([kThreshold, "limit_1"]);
  expect(choices_of({ scope: "key", id: "key_1" }, limits)).toEqual([
    { value: "limit_1", label: "Limit of $5.00 per month" },
  ]);
});

test("a threshold asks for an amount and somebody to tell", () => {
  const fields = new_fields(kThreshold, "ada@example.org");
  expect(problem_of_usd(fields)).not.toBeNull();
  expect(problem_of_recipients({ ...fields, recipients: " " })).not.toBeNull();
  expect(request_of(kProject, { ...fields, usd: "$100" })).toEqual({
    scope: "project",
    id: "proj_1",
    usd: "100",
    recipients: ["ada@example.org"],
    subject_prefix: "",
  });
});

test("an alert on a limit may leave whom to tell to the server", () => {
  const fields = new_fields("limit_1", "ada@example.org");
  expect(problem_of_recipients(fields)).toBeNull();
  expect(request_of(kProject, fields)).toEqual({
    limit_id: "limit_1",
    percents: [50, 80, 100],
    recipients: [],
    subject_prefix: "",
  });
  expect(changes_of({ ...fields, percents: "90" }).percents).toEqual([90]);
});
