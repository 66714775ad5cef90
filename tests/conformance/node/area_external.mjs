// SPDX-License-Identifier: Apache-2.0
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const verbs = ["list", "create", "retrieve", "delete", "validate"];

scenario("there are no external keys", area("external_keys", ...verbs), async (world) => {
  const keys = world.organization.externalKeys;
  assert.deepEqual(await idsOf(keys.list({ limit: 5, order: "desc" })), []);
  const key = { type: "oci", name: "key", key_ocid: "k", region: "r", vault_ocid: "v" };
  assert.match((await refused(400, keys.create(key))).message, /your own machines/);
  for (const ask of ["retrieve", "delete", "validate"]) await refused(404, keys[ask]("extkey_1"));
});

scenario("there is no external storage", area("external_storage", ...verbs), async (world) => {
  const storage = world.organization.externalStorage;
  assert.deepEqual(await idsOf(storage.list()), []);
  const made = storage.create({
    project_id: world.own.project_id,
    provider: { type: "aws", bucket: "b", role_arn: "arn:aws:iam::1:role/x" },
  });
  assert.match((await refused(400, made)).message, /no content/);
  for (const ask of ["retrieve", "delete", "validate"]) await refused(404, storage[ask]("ext_1"));
});
