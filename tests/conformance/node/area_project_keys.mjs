// SPDX-License-Identifier: Apache-2.0
import { all, area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = area("projects.api_keys", "list", "retrieve", "delete");
const accounts = area("projects.service_accounts", "create", "api_keys.create");
const makers = ["projects.create", ...accounts];

scenario("a project's keys are listed without their secret and deleted", [...operations, ...makers],
  async (world) => {
    const { projects } = world.organization;
    const keys = projects.apiKeys;
    const project_id = (await projects.create({ name: "keys" })).id;
    const account = await projects.serviceAccounts.create(project_id, { name: "robot" });
    const made = [account.api_key];
    for (const name of ["one", "two"]) {
      made.push(await projects.serviceAccounts.apiKeys.create(account.id, { project_id, name }));
    }
    const listed = await all(keys.list(project_id, { limit: 2 }));
    assert.deepEqual(listed.map((key) => key.id).sort(), made.map((key) => key.id).sort());
    for (const key of made) {
      const shown = await keys.retrieve(key.id, { project_id });
      assert.deepEqual(shown, listed.find((each) => each.id === key.id));
      assert.ok(!JSON.stringify(shown).includes(key.value));
      assert.equal(shown.owner.service_account.id, account.id);
    }
    assert.equal(await world.call(made[1].value), 200);
    assert.ok((await keys.delete(made[1].id, { project_id })).deleted);
    assert.equal(await world.call(made[1].value), 401);
    assert.equal(await world.call(made[0].value), 200, "its account's other keys stay");
    await refused(404, keys.retrieve(made[1].id, { project_id }));
    await refused(404, keys.delete(made[1].id, { project_id }));
  });

scenario("keys are found by their owner's access", [...operations, ...makers], async (world) => {
  const { projects } = world.organization;
  const { id } = await projects.create({ name: "access" });
  const key = (await projects.serviceAccounts.create(id, { name: "robot" })).api_key;
  for (const owner_project_access of ["active", "any"]) {
    assert.deepEqual(await idsOf(projects.apiKeys.list(id, { owner_project_access })), [key.id]);
  }
  const inactive = projects.apiKeys.list(id, { owner_project_access: "inactive" });
  assert.deepEqual(await idsOf(inactive), []);
});

scenario("a project key is given an end and scopes",
  [...operations, ...makers, "projects.api_keys.update"], async (world) => {
    const { projects } = world.organization;
    const project_id = (await projects.create({ name: "ends" })).id;
    const made = (await projects.serviceAccounts.create(project_id, { name: "robot" })).api_key;
    const fields = { project_id, expires_in_seconds: 3600 };
    const changed = await projects.apiKeys.update(made.id, fields);
    assert.ok(!JSON.stringify(changed).includes(made.value));
    assert.ok(changed.expires_at >= made.created_at + 3600);
    const read = await projects.apiKeys.retrieve(made.id, { project_id });
    assert.equal(read.expires_at, changed.expires_at);
    assert.equal(await world.call(made.value), 200);
    await refused(400, projects.apiKeys.update(made.id, { project_id }));
  });
