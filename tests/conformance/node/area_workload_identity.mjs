// SPDX-License-Identifier: Apache-2.0
import crypto from "node:crypto";

import { area, assert, idsOf, refused, scenario } from "./common.mjs";

const verbs = ["list", "create", "retrieve", "update", "delete"];
const ofProviders = area("workload_identity_providers", ...verbs);
const ofRules = area("workload_identity_providers.federation_rules", ...verbs);
const issuer = "https://ci.example.com";
const audience = "https://tollgate.example.com";
const trust = { type: "oidc", issuer, audience };

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// An issuer's key pair, and a token signed with it.
function makeSigner() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "node" }] };
  const sign = (more) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: audience, sub: "node", iat: now, exp: now + 600, ...more };
    const head = `${base64url({ alg: "ES256", kid: "node" })}.${base64url(claims)}`;
    const options = { key: privateKey, dsaEncoding: "ieee-p1363" };
    return `${head}.${crypto.sign("sha256", Buffer.from(head), options).toString("base64url")}`;
  };
  return { jwks, sign };
}

scenario("a provider lives", ofProviders, async ({ organization }) => {
  const providers = organization.workloadIdentityProviders;
  const made = await providers.create({ name: "ci", ...trust, description: "builds" });
  assert.deepEqual([made.issuer, made.audience, made.enabled], [issuer, audience, true]);
  assert.deepEqual(made.verification, { type: "discovery", discovery_url: null });
  assert.deepEqual(await providers.retrieve(made.id), made);
  const changed = await providers.update(made.id, { name: "builds", description: null });
  assert.deepEqual([changed.name, changed.description], ["builds", null]);
  assert.deepEqual(await providers.retrieve(made.id), changed);
  assert.ok((await idsOf(providers.list({ limit: 1 }))).includes(made.id));
  assert.ok((await providers.delete(made.id)).deleted);
  await refused(404, providers.retrieve(made.id));
  await refused(404, providers.update(made.id, { name: "back" }));
  await refused(404, providers.delete(made.id));
});

scenario("providers are paged and checked", ofProviders, async ({ organization }) => {
  const providers = organization.workloadIdentityProviders;
  const made = [];
  for (let i = 0; i < 5; ++i) made.push((await providers.create({ name: `ci ${i}`, ...trust })).id);
  const up = await idsOf(providers.list({ limit: 2, order: "asc" }));
  assert.deepEqual(up.filter((id) => made.includes(id)), made);
  assert.deepEqual(await idsOf(providers.list({ limit: 2, order: "desc" })), up.reverse());
  const error = async (wrong) =>
    (await refused(400, providers.create({ name: "ci", ...trust, ...wrong }))).param;
  assert.equal(await error({ issuer: "http://ci.example.com" }), "issuer");
  assert.equal(await error({ type: "saml" }), "type");
  assert.equal(await error({ verification: { type: "uploaded_jwks", jwks: {} } }),
    "verification.jwks");
  for (const id of made) await providers.delete(id);
});

const needs = [...ofProviders, ...ofRules, "projects.create", "projects.service_accounts.create"];
scenario("a rule lives and is felt", needs, async (world) => {
  const { organization } = world;
  const providers = organization.workloadIdentityProviders;
  const rules = providers.federationRules;
  const project_id = (await organization.projects.create({ name: "robots" })).id;
  const account = await organization.projects.serviceAccounts.create(project_id, {
    name: "cart",
    create_service_account_only: true,
  });
  const service_account_id = account.id;
  const { jwks, sign } = makeSigner();
  const subject_token = sign({ repository: "acme/site" });
  const verification = { type: "uploaded_jwks", jwks };
  const provider = (await providers.create({ name: "ci", ...trust, verification })).id;
  const within = { workload_identity_provider_id: provider };

  const attribute_matchers = { repository: "acme/site" };
  const made = await rules.create(provider, { project_id, service_account_id, attribute_matchers });
  assert.deepEqual(await rules.retrieve(made.id, within), made);
  assert.deepEqual(await idsOf(rules.list(provider, { service_account_id })), [made.id]);

  const call = async () => {
    const answer = await fetch(new URL("/oauth/token", world.directUrl), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        identity_provider_id: provider,
        subject_token,
        service_account_id,
      }),
    });
    if (!answer.ok) return answer.status;
    return world.call((await answer.json()).access_token);
  };
  assert.equal(await call(), 200);
  const changed = await rules.update(made.id, { ...within, enabled: false, name: "off" });
  assert.deepEqual([changed.enabled, changed.name], [false, "off"]);
  assert.equal(await call(), 400);
  await rules.update(made.id, { ...within, enabled: true });
  assert.equal(await call(), 200);
  const error = (wrong) =>
    refused(400, rules.create(provider, { project_id, service_account_id, ...wrong }));
  assert.equal((await error({ attribute_matchers: {} })).param, "attribute_matchers");
  assert.ok((await rules.delete(made.id, within)).deleted);
  assert.equal(await call(), 400);
  await refused(404, rules.retrieve(made.id, within));
  await refused(404, rules.update(made.id, { ...within, name: "back" }));
  await refused(404, rules.delete(made.id, within));
});
