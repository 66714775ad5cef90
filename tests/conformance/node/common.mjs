// SPDX-License-Identifier: Apache-2.0
// What Node"s scenarios share. They are those of ../scenarios, in the words of npm"s SDK.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(import.meta.dirname, "../../node/package.json"));
const OpenAI = require("openai");

export { assert, OpenAI };
export const scenarios = [];

// A scenario names the operations that it stands on, and is left out until all of them are there.
export function scenario(name, needs, run, { people = false } = {}) {
  scenarios.push({ name, needs, run, people });
}

export const area = (prefix, ...names) => names.map((name) => `${prefix}.${name}`);

export class World {
  constructor(plan) {
    Object.assign(this, plan);
  }

  client(adminAPIKey = this.keys.admin) {
    return new OpenAI({ adminAPIKey, baseURL: this.url, maxRetries: 0, timeout: 20_000 });
  }

  get organization() {
    return this.client().admin.organization;
  }

  // Status and error code of a data-plane call.
  async callError(apiKey, model = this.model) {
    const client = new OpenAI({ apiKey, baseURL: this.directUrl, maxRetries: 0, timeout: 20_000 });
    try {
      await client.chat.completions.create({
        model,
        max_completion_tokens: 16,
        messages: [{ role: "user", content: "hello" }],
      });
    } catch (error) {
      if (!(error instanceof OpenAI.APIError)) throw error;
      return [error.status, error.code];
    }
    return [200, null];
  }

  async call(apiKey, model) {
    return (await this.callError(apiKey, model))[0];
  }
}

// The error of a call that must fail with `status`.
export async function refused(status, promise) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    assert.equal(error.status, status, `${error.status} ${error.message}, not ${status}`);
    return error;
  }
  throw new Error(`accepted: ${JSON.stringify(answer)}`);
}

// Through all pages, by the SDK's own iterator.
export async function all(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  const ids = items.map((item) => item.id);
  assert.equal(new Set(ids).size, ids.length, `the same object on two pages: ${ids}`);
  return items;
}

export const idsOf = async (pages) => (await all(pages)).map((item) => item.id);

// The SDK's own method, with exactly this query and body. Its last id stands alone, the others are
// among the fields; where there is neither, only options are taken.
export function callOperation(client, { node, ids: names, method }, ids, query, body) {
  const path = node.split(".");
  const verb = path.pop();
  const resource = path.reduce((object, part) => object[part], client);
  const options = { ...(query && { query }), ...(body && { body }) };
  const fields = Object.fromEntries(names.slice(0, -1).map((name, i) => [name, ids[i]]));
  const bare = method !== "POST" && /^(retrieve|delete)$/.test(verb);
  const alone = bare || /^(archive|validate)$/.test(verb);
  if (ids.length === 0) return bare ? resource[verb](options) : resource[verb]({}, options);
  if (ids.length === 1 && alone) return resource[verb](ids[0], options);
  return resource[verb](ids.at(-1), fields, options);
}
