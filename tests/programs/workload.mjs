// SPDX-License-Identifier: Apache-2.0
// A workload with the unmodified SDK of npm: its token is read from a file, as a pod's is.
// workload.mjs PROVIDER SERVICE_ACCOUNT TOKEN_FILE CALLS
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(import.meta.dirname, "../node/package.json"));
const OpenAI = require("openai");
const { k8sServiceAccountTokenProvider } = require("openai/auth");

const [identityProviderId, serviceAccountId, file, calls] = process.argv.slice(2);
const tollgate = new URL(process.env.OPENAI_BASE_URL);
let exchanges = 0;

const client = new OpenAI({
  workloadIdentity: {
    identityProviderId,
    serviceAccountId,
    provider: k8sServiceAccountTokenProvider(file),
  },
  // The SDK exchanges at OpenAI's address, which cannot be configured; its fetch can.
  fetch: (url, init) => {
    if (String(url) !== "https://auth.openai.com/oauth/token") return fetch(url, init);
    ++exchanges;
    return fetch(new URL("/oauth/token", tollgate), init);
  },
  maxRetries: 0,
  timeout: 20_000,
});

try {
  for (let i = 0; i < Number(calls); ++i) {
    const answer = await client.chat.completions.create({
      model: "gpt-4.1-mini",
      messages: [{ role: "user", content: "hello" }],
    });
    if (!answer.choices[0].message.content) throw new Error("an empty answer");
  }
  console.log(JSON.stringify({ calls: Number(calls), exchanges }));
} catch (error) {
  console.log(JSON.stringify({ error: error.constructor.name, status: error.status,
    code: error.error_code, message: error.message }));
}
