// SPDX-License-Identifier: Apache-2.0
import { area, assert, refused, scenario } from "./common.mjs";

const month = { currency: "USD", interval: "month" };
const verbs = ["retrieve", "update", "delete"];
const makers = ["projects.create", "projects.service_accounts.create"];
// A call of the test's upstream costs a sixth of a cent.
const callsMax = 40;

async function aLimitLives(world, limit, ids, key, code) {
  await refused(404, limit.retrieve(...ids));
  const made = await limit.update(...ids, { threshold_amount: 100_000, ...month });
  assert.deepEqual([made.threshold_amount, made.currency], [100_000, "USD"]);
  assert.deepEqual(await limit.retrieve(...ids), made);
  assert.equal(await world.call(key), 200);
  await limit.update(...ids, { threshold_amount: 1, ...month });
  let answer = [200, null];
  for (let i = 0; i < callsMax && answer[0] === 200; ++i) answer = await world.callError(key);
  assert.deepEqual(answer, [429, code]);
  assert.equal((await limit.retrieve(...ids)).enforcement.status, "enforcing");
  assert.ok((await limit.delete(...ids)).deleted);
  assert.equal(await world.call(key), 200);
  await refused(404, limit.retrieve(...ids));
  await refused(404, limit.delete(...ids));
}

async function newKey({ projects }) {
  const { id } = await projects.create({ name: "thrifty" });
  return [id, (await projects.serviceAccounts.create(id, { name: "robot" })).api_key.value];
}

scenario("a project stops at its spend limit",
  [...area("projects.spend_limit", ...verbs), ...makers], async (world) => {
    const [id, key] = await newKey(world.organization);
    const { spendLimit } = world.organization.projects;
    await aLimitLives(world, spendLimit, [id], key, "project_spend_limit_exceeded");
  });

scenario("an organization stops at its spend limit", [...area("spend_limit", ...verbs), ...makers],
  async (world) => {
    const [, key] = await newKey(world.organization);
    const { spendLimit } = world.organization;
    try {
      await aLimitLives(world, spendLimit, [], key, "organization_spend_limit_exceeded");
    } catch (error) {
      await spendLimit.delete().catch(() => {}); // what follows must not meet it
      throw error;
    }
  });
