// SPDX-License-Identifier: Apache-2.0
// The newest openai of npm with a client certificate: mutual_tls.mjs CA [CHAIN KEY]. Prints the
// status and code of a call, and the words of a stream.
import { createRequire } from "node:module";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { Readable } from "node:stream";

const require = createRequire(path.join(import.meta.dirname, "../node/package.json"));
const { default: OpenAI } = require("openai");

const [ca, cert, key] = process.argv.slice(2).map((file) => fs.readFileSync(file));
const agent = new https.Agent({ ca, cert, key, keepAlive: true });

// Node's own fetch takes no certificate, but its https does.
function fetch(url, { method, headers, body }) {
  return new Promise((resolve, reject) => {
    const request = https.request(url, { agent, method, headers: Object.fromEntries(headers) });
    request.on("error", reject);
    request.on("response", (answer) => {
      const { statusCode: status, headers: fields } = answer;
      resolve(new Response(Readable.toWeb(answer), { status, headers: fields }));
    });
    request.end(body);
  });
}

const client = new OpenAI({ fetch, maxRetries: 0, timeout: 20_000 });
const question = { model: "gpt-4.1-mini", messages: [{ role: "user", content: "plain" }] };
const told = { status: 200, code: null, words: "" };
try {
  await client.chat.completions.create(question);
  const stream = await client.chat.completions.create({ ...question, stream: true });
  for await (const chunk of stream) told.words += chunk.choices[0]?.delta.content ?? "";
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  Object.assign(told, { status: error.status, code: error.code });
}
console.log(JSON.stringify(told));
agent.destroy();
