// SPDX-License-Identifier: Apache-2.0
// The client of Tollgate's own API, generated from its OpenAPI document (generated/schema.ts; `npm
// run generate` makes it). Files beside this one name what the console asks.

import createClient from "openapi-fetch";

import type { paths } from "./generated/schema";
import { kRequestDefaults, once, send, type Versioned, with_version } from "./http";

// Operations that make something, which the document shows by their 201.
type Creating = {
  [Path in keyof paths]: paths[Path] extends { post: { responses: { 201: unknown } } }
    ? Path
    : never;
}[keyof paths];

// Each of these makes something as well: a secret, an entry.
type AlsoCreating = "/tollgate/keys/{key_id}/rotate" | "/tollgate/credits/{grant_id}/correct";

// No more and no fewer than there are, or this does not compile.
const kCreating: Record<Creating | AlsoCreating, true> = {
  "/tollgate/alerts": true,
  "/tollgate/credits": true,
  "/tollgate/credits/{grant_id}/correct": true,
  "/tollgate/invites": true,
  "/tollgate/key/children": true,
  "/tollgate/keys": true,
  "/tollgate/keys/{key_id}/rotate": true,
  "/tollgate/organizations": true,
  "/tollgate/providers": true,
};

export const api = createClient<paths>({ baseUrl: "/v1", ...kRequestDefaults, fetch: send });

api.use({
  onRequest: async ({ request, schemaPath }) => {
    const creates = request.method === "POST" && schemaPath in kCreating;
    return creates ? once(request) : undefined;
  },
});

interface Outcome<Answer> {
  data?: Answer;
  response: Response;
}

// send() throws whatever is no success, so what is left is one.
export async function answer_of<Answer>(asked: Promise<Outcome<Answer>>): Promise<Answer> {
  return (await asked).data as Answer;
}

export async function versioned<Answer extends object>(
  asked: Promise<Outcome<Answer>>,
): Promise<Versioned<Answer>> {
  const { data, response } = await asked;
  return with_version(data as Answer, response);
}
