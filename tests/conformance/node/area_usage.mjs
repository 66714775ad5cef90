// SPDX-License-Identifier: Apache-2.0
import { area, assert, refused, scenario } from "./common.mjs";

const families = ["audioSpeeches", "audioTranscriptions", "codeInterpreterSessions", "completions",
  "decisions", "embeddings", "fileSearchCalls", "images", "moderations", "vectorStores",
  "webSearchCalls"];
const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const names = families.map(snakeCase);
const calls = 3;
const patienceMs = 20_000;

const resultsOf = (page) => page.data.flatMap((bucket) => bucket.results);
const sumOf = (results, field) => results.reduce((sum, result) => sum + result[field], 0);

// A call stands in the ledger well within a second of its end.
async function eventually(ask, enough) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = await ask();
    if (enough(found)) return found;
    assert.ok(Date.now() < deadline, JSON.stringify(found));
  }
}

scenario("a project's calls are told and cost the same",
  [...area("usage", "completions", "costs"), "projects.create", "projects.service_accounts.create"],
  async (world) => {
    const { projects, usage } = world.organization;
    const { id } = await projects.create({ name: "counted" });
    const key = (await projects.serviceAccounts.create(id, { name: "robot" })).api_key.value;
    for (let i = 0; i < calls; ++i) assert.equal(await world.call(key), 200);
    const mine = { start_time: Math.floor(Date.now() / 1000) - 3600, project_ids: [id] };
    const [found] = await eventually(
      async () => resultsOf(await usage.completions({ ...mine, group_by: ["api_key_id"] })),
      (results) => sumOf(results, "num_model_requests") === calls);
    assert.ok(found.api_key_id && found.input_tokens > 0);
    assert.equal(found.model, null);
    const byHour = await usage.completions({ ...mine, bucket_width: "1h" });
    assert.equal(sumOf(resultsOf(byHour), "output_tokens"), found.output_tokens);
    const [item] = resultsOf(await usage.costs({ ...mine, group_by: ["line_item"] }));
    assert.ok(item.amount.value > 0);
    assert.equal(item.quantity_unit, "tokens");
    assert.equal(item.quantity, found.input_tokens + found.output_tokens);
  });

scenario("every kind of usage is told by pages", area("usage", ...names, "costs"),
  async ({ organization: { usage } }) => {
    const day = 86_400;
    const midnight = Math.floor(Date.now() / 1000 / day) * day;
    for (const name of [...families, "costs"]) {
      const range = { start_time: midnight - 9 * day, end_time: midnight, limit: 4 };
      const starts = [];
      let page = await usage[name](range);
      for (;;) {
        starts.push(...page.data.map((bucket) => bucket.start_time));
        if (!page.has_more) break;
        page = await usage[name]({ ...range, page: page.next_page });
      }
      assert.deepEqual(starts, Array.from({ length: 9 }, (_, i) => midnight - (9 - i) * day));
      await refused(400, usage[name]({ start_time: midnight, end_time: midnight - day }));
      await refused(400, usage[name]({ start_time: midnight, group_by: ["colour"] }));
    }
  });
