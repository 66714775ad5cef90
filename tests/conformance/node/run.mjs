// SPDX-License-Identifier: Apache-2.0
// Runs every scenario and every case of the plan on standard input; tells each outcome as a line of
// JSON. What an outcome means is judged by ../../test_conformance.py.
import { readdirSync, readFileSync } from "node:fs";
import { OpenAI, World, callOperation, scenarios } from "./common.mjs";

const plan = JSON.parse(readFileSync(0, "utf8"));
const world = new World(plan);
const tell = (line) => console.log(JSON.stringify(line));

async function outcomeOf({ needs, people, run }) {
  const missing = needs.filter((name) => !plan.operations[name].conforms);
  if (missing.length > 0) return `skipped: not there yet: ${missing.join(", ")}`;
  if (people && plan.people.length === 0) {
    return "skipped: needs people whom this server does not have";
  }
  try {
    await run(world);
    return "passed";
  } catch (error) {
    return String(error.stack);
  }
}

async function answerOf(client, { operation, ids, query, body }) {
  try {
    await callOperation(client, plan.operations[operation], ids, query, body);
    return { status: 200 };
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return { status: error.status, error: error.error };
  }
}

for (const file of readdirSync(import.meta.dirname).filter((name) => name.startsWith("area_"))) {
  const before = scenarios.length;
  await import(`./${file}`);
  for (const each of scenarios.slice(before)) {
    const area = file.slice("area_".length, -".mjs".length);
    tell({ scenario: `${area} ${each.name}`, outcome: await outcomeOf(each) });
  }
}

const clients = Object.fromEntries(
  Object.entries(plan.keys).map(([name, key]) => [name, key && world.client(key)]),
);
for (const [index, each] of plan.cases.entries()) {
  tell({ case: index, ...(await answerOf(clients[each.key], each)) });
}
