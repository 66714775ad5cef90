// SPDX-License-Identifier: Apache-2.0
import { all, area, assert, refused, scenario } from "./common.mjs";

const operations = [
  ...area("projects.rate_limits", "list_rate_limits", "update_rate_limit"),
  "projects.create",
  "projects.service_accounts.create",
];

scenario("a rate limit holds from the next call on", operations, async (world) => {
  const { projects } = world.organization;
  const { rateLimits } = projects;
  const project_id = (await projects.create({ name: "slow" })).id;
  const { value } = (await projects.serviceAccounts.create(project_id, { name: "x" })).api_key;
  const find = async (limit) =>
    (await all(rateLimits.listRateLimits(project_id, { limit }))).find(
      (each) => each.model === world.model,
    );
  const { id } = await find(2);
  assert.equal(await world.call(value), 200);
  const fields = { project_id, max_requests_per_1_minute: 1 };
  const changed = await rateLimits.updateRateLimit(id, fields);
  assert.equal(changed.max_requests_per_1_minute, 1);
  assert.deepEqual(await find(100), changed);
  await world.call(value);
  assert.deepEqual(await world.callError(value), [429, "rate_limit_exceeded"]);
  assert.equal(await world.call(value, world.otherModel), 200, "another model has its own");
  await rateLimits.updateRateLimit(id, { project_id, max_requests_per_1_minute: 10_000 });
  assert.equal(await world.call(value), 200);
  const below = { project_id, max_requests_per_1_minute: -1 };
  const error = await refused(400, rateLimits.updateRateLimit(id, below));
  assert.equal(error.param, "max_requests_per_1_minute");
});
