// SPDX-License-Identifier: Apache-2.0
// Notes what Tollgate's own API answers to a page, a line each in the file that TOLLGATE_ANSWERS
// names, for who compares it with the OpenAPI document (tests/described.py). It holds secrets.

import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

// The browser never gives the body of some answers, as of one that a test has cut off.
const kBodyMs = 2_000;

async function note(file, response) {
  const request = response.request();
  const { pathname, search } = new URL(response.url());
  const line = {
    method: request.method(),
    target: pathname + search,
    request_body: request.postData() ?? "",
    status: response.status(),
    headers: await response.allHeaders(),
    body: await response.text(),
  };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

// Gives what waits until all is noted.
export function note_answers(page) {
  const file = process.env.TOLLGATE_ANSWERS;
  const noting = [];
  page.on("response", (response) => {
    if (!file || !new URL(response.url()).pathname.startsWith("/v1/tollgate/")) return;
    // A page that was left in the meantime has forgotten the answer.
    noting.push(note(file, response).catch(() => {}));
  });
  return () => Promise.race([Promise.all(noting), setTimeout(kBodyMs, undefined, { ref: false })]);
}
