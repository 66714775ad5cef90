// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const ofOrganization = area("certificates", "list", "create", "activate", "deactivate", "retrieve",
  "update", "delete");
const ofProject = area("projects.certificates", "list", "activate", "deactivate");
const places = ["projects.create", "projects.service_accounts.create"];
const yes = [200, null];
const no = [401, "certificate_required"];

function newAuthority(name) {
  const folder = mkdtempSync(path.join(tmpdir(), "certificates-"));
  const file = path.join(folder, "ca.pem");
  try {
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
      "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", `/CN=${name}`, "-keyout",
      path.join(folder, "ca.key"), "-out", file], { stdio: "ignore" });
    return readFileSync(file, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

scenario("one lives", ofOrganization, async ({ organization: { certificates } }) => {
  const certificate = newAuthority("lives");
  const made = await certificates.create({ certificate, name: "Ours" });
  assert.deepEqual([made.object, made.name], ["certificate", "Ours"]);
  assert.deepEqual(await certificates.retrieve(made.id), made);
  const shown = await certificates.retrieve(made.id, { include: ["content"] });
  assert.equal(shown.certificate_details.content, certificate);
  const renamed = await certificates.update(made.id, { name: "Theirs" });
  assert.deepEqual(await certificates.retrieve(made.id), renamed);
  assert.ok((await idsOf(certificates.list({ limit: 1 }))).includes(made.id));
  assert.equal((await certificates.delete(made.id)).id, made.id);
  await refused(404, certificates.retrieve(made.id));
  await refused(404, certificates.delete(made.id));
});

scenario("what is uploaded is checked", ofOrganization, async (world) => {
  const { certificates } = world.organization;
  const certificate = newAuthority("checked");
  for (const wrong of ["", "no PEM", certificate + newAuthority("second"), "x".repeat(20_000)]) {
    const error = await refused(400, certificates.create({ certificate: wrong }));
    assert.equal(error.param, "certificate");
  }
  const { id } = await certificates.create({ certificate });
  await refused(409, certificates.create({ certificate }));
  await refused(404, certificates.activate({ certificate_ids: [id, "cert_unknown"] }));
  await refused(400, certificates.deactivate({ certificate_ids: [] }));
  await certificates.delete(id);
});

scenario("a project takes no call without one",
  [...ofProject, ...places, "certificates.create", "certificates.delete"],
  async (world) => {
    const { certificates: all, projects } = world.organization;
    const { certificates } = projects;
    const project = await projects.create({ name: "with one" });
    const account = await projects.serviceAccounts.create(project.id, { name: "robot" });
    const key = account.api_key.value;
    const { id } = await all.create({ certificate: newAuthority("of a project") });
    const body = { certificate_ids: [id] };
    assert.deepEqual(await world.callError(key), yes);
    const active = await certificates.activate(project.id, body);
    assert.deepEqual(active.data.map((each) => [each.id, each.active]), [[id, true]]);
    assert.ok((await idsOf(certificates.list(project.id))).includes(id));
    assert.deepEqual(await world.callError(key), no);
    await refused(409, all.delete(id));
    const ended = await certificates.deactivate(project.id, body);
    assert.deepEqual(ended.data.map((each) => each.active), [false]);
    assert.deepEqual(await world.callError(key), yes);
    await all.delete(id);
  });

scenario("all projects inherit the organization's", [...ofOrganization, ...places],
  async (world) => {
    const { certificates, projects } = world.organization;
    const project = await projects.create({ name: "inherits" });
    const account = await projects.serviceAccounts.create(project.id, { name: "robot" });
    const { id } = await certificates.create({ certificate: newAuthority("of all") });
    try {
      const active = await certificates.activate({ certificate_ids: [id] });
      assert.deepEqual(active.data.map((each) => [each.id, each.active]), [[id, true]]);
      assert.deepEqual(await world.callError(account.api_key.value), no);
    } finally {
      await certificates.deactivate({ certificate_ids: [id] });
    }
    assert.deepEqual(await world.callError(account.api_key.value), yes);
    await certificates.delete(id);
  });
