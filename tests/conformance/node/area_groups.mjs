// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = area("groups", "create", "retrieve", "update", "list", "delete");
const verbs = ["create", "retrieve", "list", "delete"];

scenario("a group is made, renamed and deleted", operations, async (world) => {
  const { groups } = world.organization;
  const made = await groups.create({ name: "Node Support" });
  assert.deepEqual(await groups.retrieve(made.id), made);
  await refused(409, groups.create({ name: "Node Support" }));
  assert.equal((await groups.update(made.id, { name: "Node Care" })).name, "Node Care");
  assert.equal((await groups.retrieve(made.id)).name, "Node Care");
  const deleted = await groups.delete(made.id);
  assert.deepEqual([deleted.id, deleted.deleted], [made.id, true]);
  await refused(404, groups.retrieve(made.id));
  await refused(404, groups.update(made.id, { name: "back" }));
  await refused(404, groups.delete(made.id));
  assert.ok(!(await idsOf(groups.list())).includes(made.id));
});

scenario("groups are paged in both orders", operations, async (world) => {
  const { groups } = world.organization;
  const made = [];
  for (let i = 0; i < 5; ++i) made.push((await groups.create({ name: `node ${i}` })).id);
  const up = await idsOf(groups.list({ limit: 2, order: "asc" }));
  const down = await idsOf(groups.list({ limit: 2, order: "desc" }));
  assert.deepEqual(up, down.reverse());
  assert.ok(made.every((id) => up.includes(id)));
  for (const id of made) await groups.delete(id);
});

scenario("people join and leave a group", [...operations, ...area("groups.users", ...verbs)],
  async (world) => {
    const { groups } = world.organization;
    const person = world.people[3];
    const group_id = (await groups.create({ name: "Node Joiners" })).id;
    const added = await groups.users.create(group_id, { user_id: person.id });
    assert.deepEqual([added.group_id, added.user_id], [group_id, person.id]);
    await refused(409, groups.users.create(group_id, { user_id: person.id }));
    const found = await groups.users.retrieve(person.id, { group_id });
    assert.equal(found.email, person.email);
    assert.deepEqual(await idsOf(groups.users.list(group_id, { limit: 1 })), [person.id]);
    assert.ok((await groups.users.delete(person.id, { group_id })).deleted);
    await refused(404, groups.users.retrieve(person.id, { group_id }));
    await refused(404, groups.users.delete(person.id, { group_id }));
    assert.deepEqual(await idsOf(groups.users.list(group_id)), []);
    await groups.delete(group_id);
    await refused(404, groups.users.list(group_id));
  }, { people: true });

scenario("a group works in a project",
  [...operations, ...area("projects.groups", ...verbs), "projects.create", "projects.roles.create"],
  async (world) => {
    const { groups, projects } = world.organization;
    const group_id = (await groups.create({ name: "Node Workers" })).id;
    const project_id = (await projects.create({ name: "with a group" })).id;
    const role = { role_name: "worker", permissions: ["api.service_accounts.read"] };
    const fields = { group_id, role: (await projects.roles.create(project_id, role)).id };
    const added = await projects.groups.create(project_id, fields);
    assert.deepEqual([added.group_id, added.group_name], [group_id, "Node Workers"]);
    await refused(409, projects.groups.create(project_id, fields));
    assert.deepEqual(await projects.groups.retrieve(group_id, { project_id }), added);
    const listed = [];
    for await (const item of projects.groups.list(project_id, { limit: 1 })) listed.push(item);
    assert.deepEqual(listed, [added]);
    assert.ok((await projects.groups.delete(group_id, { project_id })).deleted);
    await refused(404, projects.groups.retrieve(group_id, { project_id }));
    await refused(404, projects.groups.delete(group_id, { project_id }));
  });
