// SPDX-License-Identifier: Apache-2.0
// Why a call cost what it did, in a real browser: its sum term by term, cost beside charge, and
// what makes it less certain than it looks.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… \
//     TOLLGATE_MEMBER_EMAIL=… TOLLGATE_MEMBER_PASSWORD=… TOLLGATE_CALLS='{"plain": "call_1-0-1"}' \
//     tests/node/node_modules/node/bin/node --test tests/browser/calls.test.mjs
//
// tests/test_call_page.py says which calls these are. TOLLGATE_KEEP_SHOTS names a folder for
// pictures.

import assert from "node:assert/strict";
import { begin_story, keep_shot, sign_in, tell_step, wider_by } from "./story.mjs";

const { TOLLGATE_URL, TOLLGATE_EMAIL, TOLLGATE_PASSWORD } = process.env;
const { TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD } = process.env;
const kCalls = JSON.parse(process.env.TOLLGATE_CALLS);

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 900 }, timezoneId: "Europe/Berlin" },
);

function step(name, act) {
  tell_step("calls", () => page, name, act);
}

async function open_call(name) {
  await page.goto(`${TOLLGATE_URL}/usage/calls/${kCalls[name]}`);
  await page.getByRole("group", { name: "Marks" }).waitFor();
}

// What a program is told of it by the same session.
function explained(name) {
  return page.evaluate(
    async (id) => (await fetch(`/v1/tollgate/calls/${id}`)).json(),
    kCalls[name],
  );
}

function table(name) {
  return page.getByRole("table", { name, exact: true });
}

async function rows_of(name) {
  const rows = await table(name).getByRole("row").all();
  return Promise.all(
    rows.slice(1).map(async (row) =>
      (await row.locator("th, td").allInnerTexts()).map((text) => text.replaceAll(/\n+/g, " | ")),
    ),
  );
}

async function amount(card) {
  const text = await page.getByRole("group", { name: card, exact: true }).innerText();
  return text.split("\n").filter((line) => line.trim() !== "")[1];
}

function fact(label) {
  const term = page.locator("dt", { hasText: new RegExp(`^${label}$`) });
  return term.locator("xpath=../dd").innerText();
}

async function marks() {
  return page.getByRole("group", { name: "Marks" }).innerText();
}

step("a call of the list leads to its sum, term by term", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await page.goto(`${TOLLGATE_URL}/usage?range=7_days&by=endpoint`);
  await page.getByRole("link", { name: `call ${kCalls.plain}`, exact: false }).first().waitFor();
  await page
    .locator(`tr[data-call-id="${kCalls.plain}"]`)
    .getByRole("link", { name: /, call / })
    .click();
  await page.waitForURL((url) => url.pathname === `/usage/calls/${kCalls.plain}`);
  await table("Cost, term by term").waitFor();
  // $0.40, $0.10 and $1.60 a million; 333 of 1,000 from the cache, 7 of 500 are reasoning.
  assert.deepEqual(await rows_of("Cost, term by term"), [
    ["Input tokens", "667", "the provider", "$0.40 a million", "$0.0002668"],
    ["Cached input tokens", "333", "the provider", "$0.10 a million", "$0.0000333"],
    ["Output tokens", "493", "the provider", "$1.60 a million", "$0.0007888"],
    [
      "Reasoning tokens",
      "7",
      "the provider",
      "$1.60 a million | has no price of its own: as output tokens",
      "$0.0000112",
    ],
    ["Cost", "$0.0011001"],
  ]);
  await page.getByText("as shipped with Tollgate, the catalogue of 2026-11-24").waitFor();
  assert.equal(await amount("Cost"), "$0.0011001");
  assert.equal(await amount("Charge"), "$0.0011001");
  await page.getByText("The organization pays what the provider asks.").waitFor();
  await keep_shot(page, "call-plain");
});

step("what makes a sum uncertain is in sight, also where nothing does", async () => {
  assert.match(await marks(), /not estimated\s+The provider said what was used\./);
  assert.match(await marks(), /all priced\s+All that was used has a price\./);
  assert.match(await marks(), /no mismatch\s+No other model answered/);
});

step("another model answered: both are named, and whose prices hold", async () => {
  await open_call("mismatch");
  assert.match(await marks(), /mismatch\s+Another model answered than was asked for\./);
  assert.match(await marks(), /charged as served\s+The prices of the model that answered hold\./);
  assert.equal(await fact("Model asked for"), "gpt-4.1-mini");
  assert.equal(await fact("Model that answered"), "gpt-4.1");
  await page.getByText("Prices of gpt-4.1: as shipped").waitFor();
});

step("nobody said what was used: the counts say so", async () => {
  await open_call("counted");
  const { call, terms } = await explained("counted");
  assert.notEqual(call.usage_source, "provider");
  const by = { counted: "Tollgate", estimated: "an estimate" }[call.usage_source];
  const rows = await rows_of("Cost, term by term");
  assert.deepEqual(
    rows.slice(0, -1).map((row) => row[2]),
    terms.map(() => by),
  );
  assert.match(await marks(), /No provider said what was used|Tollgate counted it/);
});

step("the one rounding is shown", async () => {
  await open_call("rounded");
  assert.deepEqual((await rows_of("Cost, term by term")).slice(-2), [
    ["Sum, exactly", "$0.0000000005065"],
    ["Cost: rounded half up to a nano-dollar, once", "$0.000000001"],
  ]);
  await page.getByText(/the operator's decision \d+, valid from .* \(UTC\) on/).waitFor();
  await keep_shot(page, "call-rounded");
});

step("a model that nobody has a price for is told from others", async () => {
  await open_call("unpriced");
  assert.match(await marks(), /unpriced\s+Nobody says what its model costs/);
  await page.getByText(/the operator's ceiling, valid from/).waitFor();
});

step("a price book's factor and own prices stand beside the cost", async () => {
  await open_call("factor");
  const { cost_nanousd } = await explained("factor");
  assert.equal(cost_nanousd, 1_100_100);
  assert.equal(await amount("Cost"), "$0.0011001");
  assert.equal(await amount("Charge"), "$0.001265115");
  await page.getByText("1.15 times the cost, rounded half up to a nano-dollar, once.").waitFor();
  await open_call("own_prices");
  assert.deepEqual((await rows_of("Charge, term by term")).at(-1), ["Charge", "$0.0075"]);
  assert.deepEqual((await rows_of("Cost, term by term")).at(-1), ["Cost", "$0.006"]);
  await page.getByText(/prices of its own for this model: the price book's rule/).waitFor();
  await keep_shot(page, "call-own-prices");
});

step("a test key's call says what it would have cost", async () => {
  await open_call("test");
  const { would_have_cost_nanousd } = await explained("test");
  assert.ok(would_have_cost_nanousd > 0);
  assert.notEqual(await amount("Would have cost"), "$0.00");
  assert.equal(await amount("Charge"), "$0.00");
});

step("a call is found by its id, and what is none is said", async () => {
  await page.goto(`${TOLLGATE_URL}/usage`);
  await page.getByLabel("A call's id, as x-request-id names it").fill(` ${kCalls.plain} `);
  await page.getByRole("button", { name: "Open call" }).click();
  await page.getByRole("heading", { name: kCalls.plain }).waitFor();
  await page.goto(`${TOLLGATE_URL}/usage/calls/call_9-9-9`);
  await page.getByRole("alert").getByText("There is no call 'call_9-9-9'.").waitFor();
  assert.equal(await table("Cost, term by term").count(), 0);
});

step("an endpoint's calls are all of them that the server lists", async () => {
  await page.goto(`${TOLLGATE_URL}/usage?range=7_days&by=endpoint`);
  const asking = page.waitForRequest((request) => {
    const { pathname, searchParams } = new URL(request.url());
    return pathname === "/v1/tollgate/calls" && searchParams.get("endpoints") === "/v1/embeddings";
  });
  await page
    .getByRole("table", { name: "Usage by endpoint" })
    .getByRole("link", { name: "/v1/embeddings" })
    .click();
  await asking;
  const calls = page.getByRole("table", { name: "Recent calls" });
  await calls.getByText("/v1/chat/completions").first().waitFor({ state: "detached" });
  const ids = await calls.locator("tbody tr").evaluateAll((rows) =>
    rows.map((row) => row.getAttribute("data-call-id")),
  );
  assert.deepEqual(ids, [kCalls.embedding]);
});

step("the page is no wider than a telephone, and dark where one likes it", async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await open_call("own_prices");
  assert.ok((await wider_by(page)) <= 0, `${await wider_by(page)} pixels`);
  await keep_shot(page, "call-telephone");
  await page.setViewportSize({ width: 1360, height: 900 });
});

step("a member sees the sums of their own calls, and of no others", async () => {
  await page.context().clearCookies();
  await sign_in(page, TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD);
  await open_call("theirs");
  assert.equal(await amount("Charge"), "$0.001265115");
  await page.goto(`${TOLLGATE_URL}/usage/calls/${kCalls.plain}`);
  await page.getByRole("alert").getByText(/There is no call/).waitFor();
});
