// SPDX-License-Identifier: Apache-2.0
import { area, assert, refused, scenario } from "./common.mjs";

const operations = [
  ...area("projects.model_permissions", "retrieve", "update", "delete"),
  "projects.create",
  "projects.service_accounts.create",
];

scenario("a project has only the models that it is given", operations, async (world) => {
  const { projects } = world.organization;
  const permissions = projects.modelPermissions;
  const { id } = await projects.create({ name: "models" });
  const { value } = (await projects.serviceAccounts.create(id, { name: "robot" })).api_key;
  const answers = async () => [
    await world.callError(value),
    await world.callError(value, world.otherModel),
  ];
  const yes = [200, null];
  const no = [403, "model_not_found"];
  const model_ids = [world.model];
  const allowed = await permissions.update(id, { mode: "allow_list", model_ids });
  assert.deepEqual([allowed.mode, allowed.model_ids], ["allow_list", model_ids]);
  assert.deepEqual(await permissions.retrieve(id), allowed);
  assert.deepEqual(await answers(), [yes, no]);
  const denied = await permissions.update(id, { mode: "deny_list", model_ids });
  assert.deepEqual(await permissions.retrieve(id), denied);
  assert.deepEqual(await answers(), [no, yes]);
  assert.ok((await permissions.delete(id)).deleted);
  assert.deepEqual(await answers(), [yes, yes]);
  await refused(400, permissions.update(id, { mode: "some_list", model_ids }));
});
