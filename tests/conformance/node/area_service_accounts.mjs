// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = area("projects.service_accounts", "create", "retrieve", "update", "list",
  "delete", "api_keys.create");

scenario("a service account calls until it is deleted", [...operations, "projects.create"],
  async (world) => {
    const { projects } = world.organization;
    const accounts = projects.serviceAccounts;
    const project_id = (await projects.create({ name: "robots" })).id;
    const made = await accounts.create(project_id, { name: "deploy" });
    const second = await accounts.apiKeys.create(made.id, { project_id, name: "second" });
    const values = [made.api_key.value, second.value];
    for (const value of values) assert.equal(await world.call(value), 200);
    assert.equal((await accounts.retrieve(made.id, { project_id })).name, "deploy");
    assert.equal((await accounts.update(made.id, { project_id, name: "ship" })).name, "ship");
    assert.equal((await accounts.retrieve(made.id, { project_id })).name, "ship");
    assert.deepEqual(await idsOf(accounts.list(project_id)), [made.id]);
    assert.ok((await accounts.delete(made.id, { project_id })).deleted);
    for (const value of values) assert.equal(await world.call(value), 401);
    await refused(404, accounts.retrieve(made.id, { project_id }));
    await refused(404, accounts.update(made.id, { project_id, name: "back" }));
    await refused(404, accounts.delete(made.id, { project_id }));
    await refused(404, accounts.apiKeys.create(made.id, { project_id }));
    assert.deepEqual(await idsOf(accounts.list(project_id)), []);
  });

scenario("service accounts belong to their project and are paged",
  [...operations, "projects.create"], async (world) => {
    const { projects } = world.organization;
    const accounts = projects.serviceAccounts;
    const project_id = (await projects.create({ name: "many robots" })).id;
    const made = [];
    for (let i = 0; i < 5; ++i) {
      const fields = { name: `robot ${i}`, create_service_account_only: true };
      const account = await accounts.create(project_id, fields);
      assert.equal(account.api_key, null);
      made.push(account.id);
    }
    assert.deepEqual((await idsOf(accounts.list(project_id, { limit: 2 }))).sort(), made.sort());
    const other = (await projects.create({ name: "no robots" })).id;
    await refused(404, accounts.retrieve(made[0], { project_id: other }));
  });
