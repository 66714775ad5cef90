// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const operations = [...area("invites", "create", "retrieve", "list", "delete"), "projects.create"];

scenario("an invitation is sent, read and withdrawn", operations, async (world) => {
  const { invites, projects } = world.organization;
  const { id } = await projects.create({ name: "guests" });
  const email = "Guest.Node@example.com";
  const made = await invites.create({ email, role: "reader", projects: [{ id, role: "member" }] });
  assert.deepEqual([made.email, made.role, made.status], [email, "reader", "pending"]);
  assert.deepEqual(made.projects, [{ id, role: "member" }]);
  assert.ok(made.expires_at > made.created_at);
  assert.deepEqual(await invites.retrieve(made.id), made);
  assert.ok((await idsOf(invites.list({ limit: 1 }))).includes(made.id));
  const deleted = await invites.delete(made.id);
  assert.deepEqual([deleted.id, deleted.deleted], [made.id, true]);
  await refused(404, invites.retrieve(made.id));
  await refused(404, invites.delete(made.id));
  assert.ok(!(await idsOf(invites.list())).includes(made.id));
  assert.equal((await refused(400, invites.create({ email: "nobody", role: "reader" }))).param,
    "email");
});
