// SPDX-License-Identifier: Apache-2.0
// A certified OpenID provider (npm's oidc-provider) over TLS, whose clients are workloads: each
// gets a signed token by its client credentials. Prints its address, and ends with its standard
// input.
import fs from "node:fs";
import https from "node:https";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(import.meta.dirname, "../node/package.json"));
const { default: Provider } = await import(require.resolve("oidc-provider"));

const [certificate, key, jwks, port] = process.argv.slice(2);
const server = https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) });
await new Promise((resolve) => server.listen(Number(port ?? 0), "127.0.0.1", resolve));
const issuer = `https://127.0.0.1:${server.address().port}`;

const workload = (client_id) => ({
  client_id,
  client_secret: "workload-secret-of-the-test",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
});

const provider = new Provider(issuer, {
  clients: [workload("cart"), workload("brief")],
  jwks: JSON.parse(fs.readFileSync(jwks, "utf8")),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource, client) => ({
        audience: resource,
        scope: "call",
        accessTokenFormat: "jwt",
        accessTokenTTL: client.clientId === "brief" ? 2 : 600,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
  extraTokenClaims: (ctx, token) => ({ repository: `acme/${token.clientId}`, run: 7 }),
});
server.on("request", provider.callback());
process.stdout.write(`${issuer}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
