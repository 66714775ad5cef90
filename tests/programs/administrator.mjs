// SPDX-License-Identifier: Apache-2.0
// The steps of ../administrators.py with npm's SDK: one step and what it is given on standard
// input, what came of it on standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(import.meta.dirname, "../node/package.json"));
const { default: OpenAI } = require("openai");

const { url, adminKey, step, given } = JSON.parse(readFileSync(0, "utf8"));
const client = new OpenAI({ adminAPIKey: adminKey, baseURL: url, maxRetries: 0, timeout: 30_000 });
const { organization } = client.admin;
const { projects } = organization;

const model = "gpt-4.1-mini";
const month = { currency: "USD", interval: "month" };

async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

async function makeProject(name, cents) {
  const { id } = await projects.create({ name });
  await projects.spendLimit.update(id, { threshold_amount: cents, ...month });
  await projects.modelPermissions.update(id, { mode: "allow_list", model_ids: [model] });
  await projects.hostedToolPermissions.update(id, { mcp: { enabled: false } });
  const rates = await all(projects.rateLimits.listRateLimits(id));
  const rate = rates.find((each) => each.model === model);
  await projects.rateLimits.updateRateLimit(rate.id, {
    project_id: id,
    max_requests_per_1_minute: 1000,
  });
  const robot = await projects.serviceAccounts.create(id, { name: `${name} robot` });
  return { id, robot: robot.id, key: robot.api_key.value };
}

async function found({ projects: names, people, cents }) {
  const made = {};
  for (const name of names) made[name] = await makeProject(name, cents);
  const groups = {};
  for (const name of ["engineers", "finance"]) {
    groups[name] = (await organization.groups.create({ name })).id;
  }
  const permissions = ["api.usage.read", "api.audit_logs.read"];
  const auditor = await organization.roles.create({ role_name: "auditor", permissions });
  await organization.groups.roles.create(groups.finance, { role_id: auditor.id });
  await projects.groups.create(made[names[0]].id, {
    group_id: groups.engineers,
    role: "role_project_member",
  });
  await organization.spendLimit.update({ threshold_amount: cents * names.length, ...month });
  await organization.spendAlerts.create({
    threshold_amount: cents,
    ...month,
    notification_channel: { type: "email", recipients: ["cfo@example.com"] },
  });
  for (const { email, role, projects: joins } of people) {
    const places = Object.entries(joins).map(([name, as]) => ({ id: made[name].id, role: as }));
    await organization.invites.create({ email, role, projects: places });
  }
  return { projects: made, groups };
}

async function welcome({ groups, members }) {
  const users = {};
  for (const user of await all(organization.users.list({ limit: 7 }))) users[user.email] = user.id;
  for (const [name, emails] of Object.entries(members)) {
    for (const email of emails) {
      await organization.groups.users.create(groups[name], { user_id: users[email] });
    }
  }
  const present = {};
  for (const [name, id] of Object.entries(groups)) {
    const listed = await all(organization.groups.users.list(id, { limit: 2 }));
    present[name] = listed.map((user) => user.email).sort();
  }
  const invites = await all(organization.invites.list({ limit: 7 }));
  const pending = invites.filter((each) => each.status === "pending").map((each) => each.email);
  return { users, members: present, pending };
}

async function allKeys() {
  const keys = [];
  for (const { id } of await all(projects.list({ limit: 2 }))) {
    for (const key of await all(projects.apiKeys.list(id, { limit: 3 }))) {
      keys.push({ project: id, key });
    }
  }
  return keys;
}

async function keysOf(id) {
  const keys = (await allKeys()).map(({ key }) => key);
  return keys.filter(({ owner }) => owner.type === "user" && owner.user.id === id).map((k) => k.id);
}

async function audit(id) {
  const logs = await all(organization.auditLogs.list({ resource_ids: [id], limit: 5 }));
  return logs.map((each) => each.type);
}

async function part_with({ email }) {
  const [{ id }] = await all(organization.users.list({ emails: [email] }));
  const keys = await keysOf(id);
  await organization.users.delete(id);
  const users_left = (await all(organization.users.list())).length;
  return { id, keys, keys_left: await keysOf(id), users_left, audit: await audit(id) };
}

async function end_leak({ tail }) {
  const keys = await allKeys();
  const { project, key } = keys.find((each) => each.key.redacted_value.endsWith(tail));
  await projects.apiKeys.delete(key.id, { project_id: project });
  return { project, key: key.id };
}

const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);

async function what_it_did({ key, since }) {
  const page = await organization.usage.completions({
    start_time: since,
    api_key_ids: [key],
    group_by: ["model"],
  });
  const results = page.data.flatMap((bucket) => bucket.results);
  return {
    calls: sum(results, (each) => each.num_model_requests),
    models: results.map((each) => each.model).sort(),
    output_tokens: sum(results, (each) => each.output_tokens),
    audit: await audit(key),
  };
}

async function report_costs({ start, end }) {
  const rows = new Map();
  let page;
  do {
    page = await organization.usage.costs({
      start_time: start,
      end_time: end,
      limit: 31,
      group_by: ["project_id", "user_id"],
      ...(page && { page: page.next_page }),
    });
    for (const each of page.data.flatMap((bucket) => bucket.results)) {
      const who = JSON.stringify([each.project_id, each.user_id]);
      rows.set(who, (rows.get(who) ?? 0) + Math.round(each.amount.value * 1e9));
    }
  } while (page.has_more);
  return { rows: [...rows].map(([who, nano]) => [...JSON.parse(who), nano]).sort() };
}

const steps = { found, welcome, part_with, end_leak, what_it_did, report_costs };
console.log(JSON.stringify(await steps[step](given)));
