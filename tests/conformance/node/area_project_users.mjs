// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = [
  ...area("projects.users", "create", "retrieve", "update", "list", "delete"),
  "projects.create",
  "projects.list",
];

scenario("a person is brought into a project and out again", operations, async (world) => {
  const { projects } = world.organization;
  const { users } = projects;
  const person = world.people[2];
  const project_id = (await projects.create({ name: "crew" })).id;
  const added = await users.create(project_id, { user_id: person.id, role: "member" });
  assert.deepEqual([added.id, added.email, added.role], [person.id, person.email, "member"]);
  assert.deepEqual(await users.retrieve(person.id, { project_id }), added);
  assert.ok((await idsOf(users.list(project_id, { limit: 1 }))).includes(person.id));
  await refused(409, users.create(project_id, { user_id: person.id, role: "member" }));
  assert.equal((await users.update(person.id, { project_id, role: "owner" })).role, "owner");
  assert.equal((await users.retrieve(person.id, { project_id })).role, "owner");
  const deleted = await users.delete(person.id, { project_id });
  assert.deepEqual([deleted.id, deleted.deleted], [person.id, true]);
  await refused(404, users.retrieve(person.id, { project_id }));
  await refused(404, users.update(person.id, { project_id, role: "member" }));
  await refused(404, users.delete(person.id, { project_id }));
  assert.ok(!(await idsOf(users.list(project_id))).includes(person.id));
}, { people: true });

scenario("who leaves a project calls no more in it", operations, async (world) => {
  const { projects } = world.organization;
  const person = world.people[2];
  const [project_id] = await idsOf(projects.list());
  await projects.users.create(project_id, { email: person.email, role: "member" });
  assert.equal(await world.call(person.key), 200);
  await projects.users.delete(person.id, { project_id });
  assert.equal(await world.call(person.key), 401);
}, { people: true });
