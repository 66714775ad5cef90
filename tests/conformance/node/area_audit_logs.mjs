// SPDX-License-Identifier: Apache-2.0
import { all, area, assert, idsOf, scenario } from "./common.mjs";

const operations = ["audit_logs.list", ...area("projects", "create", "update", "archive")];

scenario("each change is in the log, filtered, and read in both directions", operations,
  async (world) => {
    const { auditLogs, projects } = world.organization;
    const { id } = await projects.create({ name: "watched" });
    await projects.update(id, { name: "watched well" });
    await projects.archive(id);
    const resource_ids = [id];
    const events = await all(auditLogs.list({ resource_ids, limit: 1 }));
    const types = events.map((event) => event.type);
    assert.deepEqual(types, ["project.archived", "project.updated", "project.created"]);
    for (const event of events) {
      assert.equal(event[event.type].id, id);
      assert.equal(event.actor.type, "api_key");
    }
    const [newest, middle, oldest] = events.map((event) => event.id);
    const filtered = { resource_ids, event_types: ["project.updated", "project.created"] };
    assert.deepEqual(await idsOf(auditLogs.list(filtered)), [middle, oldest]);
    assert.deepEqual(await idsOf(auditLogs.list({ resource_ids, after: middle })), [oldest]);
    const before = await auditLogs.list({ resource_ids, before: middle });
    assert.equal(before.data[0].id, newest);
    const later = { gt: Math.floor(Date.now() / 1000) + 3600 };
    assert.deepEqual(await idsOf(auditLogs.list({ resource_ids, effective_at: later })), []);
  });
