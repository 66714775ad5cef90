// SPDX-License-Identifier: Apache-2.0
import { assert, callOperation, refused, scenario } from "./common.mjs";

const needs = ["projects.update", "projects.retrieve"];

scenario("what GET gave can be sent back and changes nothing", needs, async (world) => {
  const client = world.client();
  const updates = Object.keys(world.operations).filter((name) => name.endsWith(".update"));
  const conforming = updates.filter((name) => world.operations[name].conforms);
  for (const name of conforming) {
    const update = world.operations[name];
    const reading = world.operations[name.replace(/update$/, "retrieve")];
    // Singletons that have to be made first are the matter of their own areas.
    if (!reading?.conforms || /spend_limit|model_permissions/.test(name)) continue;
    const ids = update.own.map((id) => world.own[id] ?? "unknown");
    const before = await callOperation(client, reading, ids);
    await callOperation(client, update, ids, undefined, before);
    assert.deepEqual(await callOperation(client, reading, ids), before, name);
  }
  assert.ok(conforming.length > 0);
});

scenario("who read an older state is told", needs, async (world) => {
  const { projects } = world.organization;
  const { id } = await projects.create({ name: "contested" });
  const { response } = await projects.retrieve(id).withResponse();
  const headers = { "If-Match": response.headers.get("etag") };
  assert.equal((await projects.update(id, { name: "first" }, { headers })).name, "first");
  await refused(412, projects.update(id, { name: "second" }, { headers }));
  assert.equal((await projects.retrieve(id)).name, "first");
});
