// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = area("users", "list", "retrieve", "update", "delete");

scenario("a person is found, promoted, and leaves with their keys", operations, async (world) => {
  const { users } = world.organization;
  const person = world.people[1];
  const found = await users.retrieve(person.id);
  assert.deepEqual([found.email, found.name, found.role], [person.email, person.name, "reader"]);
  assert.ok((await idsOf(users.list({ limit: 2 }))).includes(person.id));
  assert.deepEqual(await idsOf(users.list({ emails: [person.email] })), [person.id]);
  assert.equal((await users.update(person.id, { role: "owner" })).role, "owner");
  assert.equal((await users.retrieve(person.id)).role, "owner");
  assert.equal((await users.update(person.id, { role: "reader" })).role, "reader");
  const error = await refused(400, users.update(person.id, { role: "emperor" }));
  assert.equal(error.param, "role");
  assert.equal(await world.call(person.key), 200);
  const deleted = await users.delete(person.id);
  assert.deepEqual([deleted.id, deleted.deleted], [person.id, true]);
  assert.equal(await world.call(person.key), 401);
  await refused(404, users.retrieve(person.id));
  await refused(404, users.update(person.id, { role: "reader" }));
  await refused(404, users.delete(person.id));
  assert.ok(!(await idsOf(users.list())).includes(person.id));
}, { people: true });
