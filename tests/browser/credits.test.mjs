// SPDX-License-Identifier: Apache-2.0
// Prepaid money, in a real browser: an operator grants some and corrects it; an owner and a member
// look at what is left.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… \
//     TOLLGATE_CALL=call_1-0-1 TOLLGATE_OTHER_OWNER_EMAIL=… \
//     TOLLGATE_MEMBER_EMAIL=… TOLLGATE_MEMBER_PASSWORD=… \
//     tests/node/node_modules/node/bin/node --test tests/browser/credits.test.mjs
//
// One grant of a dollar is there, which has paid for TOLLGATE_CALL. Owner and member have one
// password. TOLLGATE_KEEP_SHOTS names a folder for pictures.

import assert from "node:assert/strict";
import { begin_story, keep_shot, sign_in, tell_step, wider_by } from "./story.mjs";

const { TOLLGATE_URL, TOLLGATE_EMAIL, TOLLGATE_PASSWORD, TOLLGATE_CALL } = process.env;
const { TOLLGATE_OTHER_OWNER_EMAIL, TOLLGATE_MEMBER_EMAIL } = process.env;
const { TOLLGATE_MEMBER_PASSWORD } = process.env;
const kDayMs = 86_400_000;

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 900 } },
);

function step(name, act) {
  tell_step("credits", () => page, name, act);
}

function dialog() {
  return page.getByRole("dialog");
}

async function gone() {
  await dialog().waitFor({ state: "detached" });
}

function grants() {
  return page.getByRole("table", { name: "Grants" }).locator("tbody tr");
}

function balance_of(whose) {
  return page.getByRole("table", { name: "Balances" }).getByRole("row").filter({ hasText: whose });
}

function entries() {
  return page.getByRole("table", { name: "Entries" }).locator("tbody tr");
}

function ask(path) {
  return page.evaluate(async (asked) => (await fetch(`/v1/tollgate/${asked}`)).json(), path);
}

step("what was granted, and what is left of it", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await page.getByRole("link", { name: "Credits", exact: true }).click();
  await page.waitForURL(/\/credits$/);
  await grants().first().waitFor();
  assert.equal(await grants().count(), 1);
  const [grant] = (await ask("credits")).data;
  const cells = await grants().first().getByRole("cell").allInnerTexts();
  assert.match(cells[0], /a first month/);
  assert.equal(cells[2], "$1.00");
  assert.equal(cells[3], "$0.00096");
  assert.equal(cells[4], "$0.99904");
  assert.equal(cells[5], "never");
  assert.equal(grant.used_nanousd, 960_000);
  await balance_of("The organization").getByText("$0.99904").waitFor();
});

step("an entry leads to the call that it paid for, which says so", async () => {
  const paid = entries().filter({ hasText: "paid for a call" });
  await paid.getByText("the grant → usage").waitFor();
  await paid.getByRole("link", { name: TOLLGATE_CALL }).click();
  await page.waitForURL((url) => url.pathname === `/usage/calls/${TOLLGATE_CALL}`);
  const told = page.getByRole("group", { name: "Paid with credit" });
  await told.getByText("$0.00096 paid with credit of the grant").waitFor();
  assert.equal(await told.getByText("billed").count(), 0);
  await told.getByRole("link").click();
  await page.waitForURL(/\/credits$/);
});

step("no amount is none, and more than a million is refused in the server's words", async () => {
  await page.getByRole("button", { name: "Grant credit" }).click();
  await dialog().getByLabel("Dollars").fill("0");
  await dialog().getByRole("button", { name: "Grant", exact: true }).click();
  await dialog().getByText("Dollars, as 25 or 12.50.").waitFor();
  await dialog().getByLabel("Dollars").fill("1000001");
  await dialog().getByRole("button", { name: "Grant", exact: true }).click();
  await dialog().getByRole("alert").waitFor();
  assert.equal((await ask("credits")).data.length, 1);
});

step("credit that ends is granted once, though it was clicked twice", async () => {
  const day = new Date(Date.now() + 30 * kDayMs).toISOString().slice(0, 10);
  await dialog().getByLabel("Dollars").fill("25");
  await dialog().getByLabel("Ends on (UTC)").fill(day);
  await dialog().getByLabel("Reason").fill("a second month");
  await dialog().getByRole("button", { name: "Grant", exact: true }).dblclick();
  await gone();
  await grants().nth(1).waitFor();
  await balance_of("The organization").getByText("$25.99904").waitFor();
  const { data, balances } = await ask("credits");
  assert.equal(data.length, 2);
  assert.equal(data[0].expires_at, Date.parse(`${day}T00:00:00Z`) / 1_000);
  assert.equal(balances[0].next_end_at, data[0].expires_at);
  await keep_shot(page, "credits");
});

step("a project may have its own", async () => {
  const { projects } = await ask("session");
  await page.getByRole("button", { name: "Grant credit" }).click();
  await dialog().getByLabel("Dollars").fill("2");
  await dialog().getByLabel("For").selectOption(projects[0].id);
  await keep_shot(page, "credits-grant", false);
  await dialog().getByRole("button", { name: "Grant", exact: true }).click();
  await gone();
  await balance_of(projects[0].name).getByText("$2.00").first().waitFor();
});

step("some is taken back, and what was used cannot be", async () => {
  const row = grants().filter({ hasText: "a first month" });
  await row.getByRole("button", { name: /^Correct / }).click();
  await dialog().getByLabel("Dollars").fill("1");
  await dialog().getByRole("button", { name: "Correct", exact: true }).click();
  await dialog().getByText("Why, for the history.").waitFor();
  await dialog().getByLabel("Reason").fill("a slip");
  await dialog().getByRole("button", { name: "Correct", exact: true }).click();
  await dialog().getByRole("alert").waitFor();
  await dialog().getByLabel("Dollars").fill("0.5");
  await keep_shot(page, "credits-correct", false);
  await dialog().getByRole("button", { name: "Correct", exact: true }).click();
  await gone();
  await row.getByText("$0.49904").waitFor();
  assert.equal((await row.getByRole("cell").allInnerTexts())[2], "$0.50");
});

step("more is added, as a new entry", async () => {
  const row = grants().filter({ hasText: "a second month" });
  await row.getByRole("button", { name: /^Correct / }).click();
  await dialog().getByLabel("Add some").check();
  await dialog().getByLabel("Dollars").fill("5");
  await dialog().getByLabel("Reason").fill("asked for more");
  await dialog().getByRole("button", { name: "Correct", exact: true }).click();
  await gone();
  await row.getByText("$30.00").first().waitFor();
});

step("the history has every entry, of all grants or of one", async () => {
  await entries().filter({ hasText: "asked for more" }).waitFor();
  const kinds = async () =>
    (await entries().locator("td:nth-child(2)").allInnerTexts()).map((text) => text.trim());
  assert.deepEqual(await kinds(), [
    "corrected",
    "corrected",
    "granted",
    "granted",
    "paid for a call",
    "granted",
  ]);
  const row = grants().filter({ hasText: "a first month" });
  await row.getByRole("button", { name: /^History of / }).click();
  await entries().filter({ hasText: "asked for more" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "All grants' history" }).waitFor();
  await entries().filter({ hasText: "a slip" }).waitFor();
  assert.deepEqual(await kinds(), ["corrected", "paid for a call", "granted"]);
  await keep_shot(page, "credits-history");
  await page.getByRole("button", { name: "All grants' history" }).click();
  await entries().filter({ hasText: "asked for more" }).waitFor();
});

step("the page is no wider than a telephone", async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.reload();
  await grants().first().waitFor();
  assert.ok((await wider_by(page)) <= 0, `${await wider_by(page)} pixels`);
  await keep_shot(page, "credits-telephone");
  await page.setViewportSize({ width: 1360, height: 900 });
});

step("an owner looks, and changes nothing", async () => {
  await page.context().clearCookies();
  await sign_in(page, TOLLGATE_OTHER_OWNER_EMAIL, TOLLGATE_MEMBER_PASSWORD);
  await page.goto(`${TOLLGATE_URL}/credits`);
  await grants().nth(2).waitFor();
  await entries().first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Grant credit" }).count(), 0);
  assert.equal(await page.getByRole("button", { name: /^Correct / }).count(), 0);
  assert.equal(await page.getByLabel("Organization", { exact: true }).count(), 0);
});

step("a member sees no more than their projects' credit, and no history", async () => {
  await page.context().clearCookies();
  await sign_in(page, TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD);
  await page.goto(`${TOLLGATE_URL}/credits`);
  await page.getByRole("region", { name: "What is left" }).waitFor();
  const { data } = await ask("credits");
  assert.ok(data.every(({ project_id }) => project_id !== null));
  assert.equal(await grants().count(), data.length);
  assert.equal(await entries().count(), 0);
  assert.equal(await page.getByRole("alert").count(), 0);
});
