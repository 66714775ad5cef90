// SPDX-License-Identifier: Apache-2.0
import { OpenAI, area, assert, refused, scenario } from "./common.mjs";

const making = ["projects.create", "projects.service_accounts.create"];

// A new project's id, and a key in it.
async function projectOf(world, name) {
  const { projects } = world.organization;
  const { id } = await projects.create({ name });
  const account = await projects.serviceAccounts.create(id, { name: "robot" });
  return [id, account.api_key.value];
}

// Status and param of a data-plane call.
async function outcome(world, apiKey, ask) {
  const client = new OpenAI({ apiKey, baseURL: world.directUrl, maxRetries: 0, timeout: 20_000 });
  try {
    await ask(client);
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return [error.status, error.param];
  }
  return [200, null];
}

const chat = (world, key, fields) =>
  outcome(world, key, (client) =>
    client.chat.completions.create({
      model: world.model,
      max_completion_tokens: 16,
      messages: [{ role: "user", content: "hello" }],
      ...fields,
    }),
  );

// A response that goes on with one that was kept.
const goesOn = (world, key) =>
  outcome(world, key, (client) =>
    client.responses.create({
      model: world.model,
      input: "hello",
      previous_response_id: "resp_unknown",
    }),
  );

const tools = [...area("projects.hosted_tool_permissions", "retrieve", "update"), ...making];

scenario("a project has only the hosted tools that it is given", tools, async (world) => {
  const permissions = world.organization.projects.hostedToolPermissions;
  const [id, key] = await projectOf(world, "tools");
  const search = { web_search_options: {} };
  assert.deepEqual(await chat(world, key, search), [200, null]);
  const made = await permissions.update(id, { web_search: { enabled: false } });
  assert.deepEqual([made.web_search.enabled, made.mcp.enabled], [false, true]);
  assert.deepEqual(await permissions.retrieve(id), made);
  assert.deepEqual(await chat(world, key, search), [403, "tools"]);
  assert.deepEqual(await chat(world, key), [200, null]);
  await permissions.update(id, { web_search: { enabled: true } });
  assert.deepEqual(await chat(world, key, search), [200, null]);
  await refused(400, permissions.update(id, { mcp: {} }));
});

const tiers = [...area("projects.service_tier_settings", "retrieve", "update"), ...making];

scenario("a project has only the tiers that it is given", tiers, async (world) => {
  const settings = world.organization.projects.serviceTierSettings;
  const [id, key] = await projectOf(world, "tiers");
  const flex = { service_tier: "flex" };
  assert.equal((await settings.retrieve(id)).enabled_tiers, "all");
  assert.deepEqual(await chat(world, key, flex), [200, null]);
  const made = await settings.update(id, { default: "fast", enabled_tiers: ["fast"] });
  assert.deepEqual([made.default, made.enabled_tiers], ["fast", ["fast"]]);
  assert.deepEqual(await settings.retrieve(id), made);
  assert.deepEqual(await chat(world, key, flex), [403, "service_tier"]);
  await refused(400, settings.update(id, { enabled_tiers: [] }));
  await settings.update(id, { default: "standard", enabled_tiers: "all" });
  assert.deepEqual(await chat(world, key, flex), [200, null]);
});

const projects = [...area("projects.data_retention", "retrieve", "update"), ...making];

scenario("a project keeps what it says", projects, async (world) => {
  const retention = world.organization.projects.dataRetention;
  const [id, key] = await projectOf(world, "retention");
  assert.equal((await retention.retrieve(id)).type, "organization_default");
  assert.deepEqual(await goesOn(world, key), [404, null]);
  const retention_type = "zero_data_retention";
  const made = await retention.update(id, { retention_type });
  assert.equal(made.type, retention_type);
  assert.deepEqual(await retention.retrieve(id), made);
  assert.deepEqual(await goesOn(world, key), [400, "previous_response_id"]);
  await refused(400, retention.update(id, { retention_type: "for ever" }));
});

const organizations = [...area("data_retention", "retrieve", "update"), ...making];

scenario("an organization keeps what it says", organizations, async (world) => {
  const retention = world.organization.dataRetention;
  const [, key] = await projectOf(world, "retention of all");
  const before = (await retention.retrieve()).type;
  const made = await retention.update({ retention_type: "enhanced_zero_data_retention" });
  assert.deepEqual(await retention.retrieve(), made);
  assert.deepEqual(await goesOn(world, key), [400, "previous_response_id"]);
  await refused(400, retention.update({ retention_type: "none" }));
  assert.equal((await retention.update({ retention_type: before })).type, before);
  assert.deepEqual(await goesOn(world, key), [404, null]);
});
