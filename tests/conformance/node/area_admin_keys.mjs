// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = area("admin_api_keys", "create", "retrieve", "list", "delete");

scenario("a key works on the next request and not after its end", operations, async (world) => {
  const keys = world.organization.adminAPIKeys;
  const made = await keys.create({ name: "terraform" });
  const other = world.client(made.value).admin.organization.adminAPIKeys;
  const shown = await other.retrieve(made.id);
  assert.deepEqual([shown.id, shown.name], [made.id, "terraform"]);
  assert.ok(!JSON.stringify(shown).includes(made.value));
  assert.ok((await idsOf(keys.list({ limit: 1 }))).includes(made.id));
  assert.equal(await world.call(made.value), 401, "an admin key calls no model");
  const deleted = await keys.delete(made.id);
  assert.deepEqual([deleted.id, deleted.deleted], [made.id, true]);
  await refused(401, other.list());
  await refused(404, keys.retrieve(made.id));
  await refused(404, keys.delete(made.id));
  assert.ok(!(await idsOf(keys.list())).includes(made.id));
});

scenario("admin keys are paged in both orders", operations, async (world) => {
  const keys = world.organization.adminAPIKeys;
  const made = [];
  for (let i = 0; i < 3; ++i) made.push((await keys.create({ name: `page ${i}` })).id);
  const up = await idsOf(keys.list({ limit: 2, order: "asc" }));
  const down = await idsOf(keys.list({ limit: 2, order: "desc" }));
  assert.deepEqual(up, down.reverse());
  assert.ok(made.every((id) => up.includes(id)));
});
