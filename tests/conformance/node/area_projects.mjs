// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = area("projects", "create", "retrieve", "update", "list", "archive");

scenario("a project is made, read, renamed and archived with its keys",
  [...operations, "projects.service_accounts.create"], async (world) => {
    const { projects } = world.organization;
    const made = await projects.create({ name: "Apollo" });
    assert.deepEqual([made.status, made.archived_at], ["active", null]);
    assert.deepEqual(await projects.retrieve(made.id), made);
    assert.ok((await idsOf(projects.list())).includes(made.id));
    assert.equal((await projects.update(made.id, { name: "Artemis" })).name, "Artemis");
    assert.equal((await projects.retrieve(made.id)).name, "Artemis");
    const key = (await projects.serviceAccounts.create(made.id, { name: "robot" })).api_key.value;
    assert.equal(await world.call(key), 200);
    const archived = await projects.archive(made.id);
    assert.equal(archived.status, "archived");
    assert.deepEqual(await projects.retrieve(made.id), archived);
    assert.equal(await world.call(key), 401);
    assert.ok(!(await idsOf(projects.list())).includes(made.id));
    assert.ok((await idsOf(projects.list({ include_archived: true }))).includes(made.id));
    await refused(409, projects.update(made.id, { name: "again" }));
  });

scenario("the default project is not archived", operations, async (world) => {
  const { projects } = world.organization;
  const [id] = await idsOf(projects.list());
  await refused(409, projects.archive(id));
});

scenario("each project is on one of many pages", operations, async (world) => {
  const { projects } = world.organization;
  const made = [];
  for (let i = 0; i < 5; ++i) made.push((await projects.create({ name: `page ${i}` })).id);
  for (const limit of [1, 2, 100]) {
    const listed = await idsOf(projects.list({ limit }));
    assert.ok(made.every((id) => listed.includes(id)));
  }
});
