// SPDX-License-Identifier: Apache-2.0
// What an owner and a member read on the usage page, in a real browser, of real calls.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… \
//     TOLLGATE_MEMBER_EMAIL=… TOLLGATE_MEMBER_PASSWORD=… \
//     tests/node/node_modules/node/bin/node --test tests/browser/usage.test.mjs
//
// There are calls of today: of the keys "laptop" (gpt-4.1, gpt-4.1-mini) and "server"
// (gpt-4.1-mini), and of the member's only key, "theirs". TOLLGATE_KEEP_SHOTS names a folder for
// pictures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { begin_story, keep_shot, kStepMs, sign_in, tell_step, wider_by } from "./story.mjs";

const { TOLLGATE_URL, TOLLGATE_EMAIL, TOLLGATE_PASSWORD } = process.env;
const { TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD } = process.env;
const kLargeModel = "gpt-4.1";
const kSmallModel = "gpt-4.1-mini";

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 900 }, timezoneId: "Europe/Berlin", acceptDownloads: true },
);

function step(name, act) {
  tell_step("usage", () => page, name, act);
}

async function open_usage(search = "") {
  await page.goto(`${TOLLGATE_URL}/usage${search}`);
  await page.getByRole("group", { name: "Charge" }).waitFor();
}

// What a program is told by the same session.
function ask(query) {
  return page.evaluate(
    async (asked) => (await fetch(`/v1/tollgate/usage?${new URLSearchParams(asked)}`)).json(),
    query,
  );
}

function search() {
  return new URL(page.url()).searchParams;
}

function table(by) {
  return page.getByRole("table", { name: `Usage by ${by}` });
}

// The names in the table's first columns.
async function names_in(by, columns = 1) {
  await table(by).waitFor();
  const rows = await table(by).locator("tbody tr").all();
  const cells = await Promise.all(rows.map((row) => row.getByRole("cell").allInnerTexts()));
  return cells.map((row) => row.slice(0, columns).join(" / ")).sort();
}

function nanousd_of(text) {
  const [dollars, decimals = ""] = text.replace(/[$,]/g, "").split(".");
  return BigInt(dollars) * 1_000_000_000n + BigInt(decimals.padEnd(9, "0"));
}

async function shown(card) {
  const text = await page.getByRole("group", { name: card, exact: true }).innerText();
  return text.split("\n").filter((line) => line.trim() !== "");
}

function days_from_today(days, time_zone) {
  const at = new Date(Date.now() + days * 86_400_000);
  return new Intl.DateTimeFormat("sv-SE", { timeZone: time_zone }).format(at);
}

step("a bare address becomes one that says all", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await open_usage();
  await page.waitForURL(/time_zone=/);
  assert.equal(search().get("time_zone"), "Europe/Berlin", "the browser's zone");
  assert.equal(search().get("range"), "7_days");
  assert.equal(search().get("by"), "key");
  assert.deepEqual(await names_in("key"), ["laptop", "server", "theirs"]);
  await keep_shot(page, "usage-keys");
});

step("the sums are the API's, to the nano-dollar", async () => {
  const { totals } = await ask({ from: days_from_today(-6, "Europe/Berlin") });
  assert.ok(totals.charge_nanousd > 0);
  assert.equal(nanousd_of((await shown("Charge"))[1]), BigInt(totals.charge_nanousd));
  assert.equal((await shown("Calls"))[1], String(totals.calls));
});

step("what is uncertain is in sight, also where it is nothing", async () => {
  const marks = await page.getByRole("group", { name: "Marked calls" }).innerText();
  for (const mark of ["estimated", "unpriced", "mismatched", "interrupted"]) {
    assert.match(marks, new RegExp(`\\d ${mark}`));
  }
});

step("groups are chosen, by one thing and by two, and the address has them", async () => {
  await page.getByLabel("Group by").selectOption("model");
  await page.waitForURL(/[?&]by=model/);
  assert.deepEqual(await names_in("model"), [kLargeModel, kSmallModel]);
  await page.getByLabel("And by").selectOption("key");
  await page.waitForURL(/and_by=key/);
  assert.deepEqual(await names_in("model and key", 2), [
    `${kLargeModel} / laptop`,
    `${kSmallModel} / laptop`,
    `${kSmallModel} / server`,
    `${kSmallModel} / theirs`,
  ]);
});

step("rows are sorted by a column, and back", async () => {
  await page.getByLabel("Group by").selectOption("model");
  await page.getByLabel("And by").selectOption("");
  await table("model").waitFor();
  await table("model").getByRole("link", { name: "Calls", exact: true }).click();
  await page.waitForURL(/sort=calls/);
  const first = table("model").locator("tbody tr").first();
  await first.getByText(kSmallModel, { exact: true }).waitFor();
  await table("model").getByRole("link", { name: "Calls ↓" }).click();
  await first.getByText(kLargeModel, { exact: true }).waitFor();
});

step("an address with a time zone shows that zone's day", async () => {
  await open_usage("?range=today&time_zone=Asia/Kathmandu&by=none&metric=calls");
  const today = days_from_today(0, "Asia/Kathmandu");
  const { bounds, points } = await ask({
    from: today,
    to: today,
    time_zone: "Asia/Kathmandu",
    step: "hour",
  });
  assert.equal(bounds[0], Date.parse(`${today}T00:00:00+05:45`) / 1_000);
  const chart = page.getByRole("slider", { name: /Calls by hour/ });
  await chart.focus();
  await page.keyboard.press("Home");
  assert.match(await chart.getAttribute("aria-valuetext"), /, 00:00 \(UTC\+05:45\)/);
  const busy = points.findIndex((point) => point !== null);
  if (busy < 0) return; // The calls were made before midnight there.
  for (let i = 0; i < busy; ++i) await page.keyboard.press("ArrowRight");
  const told = await chart.getAttribute("aria-valuetext");
  assert.ok(told.endsWith(`: All ${points[busy].calls}`), told);
});

step("the time before is compared with, and nothing is no reason to divide by it", async () => {
  await open_usage("?range=7_days&by=model");
  await page.getByText(/, none before$/).first().waitFor();
  // Tomorrow there are no calls; as many as today's fewer than today, if the day does not end now.
  const tomorrow = days_from_today(1, "Europe/Berlin");
  const today = days_from_today(0, "Europe/Berlin");
  const { totals } = await ask({ from: today, to: today, time_zone: "Europe/Berlin" });
  await open_usage(`?range=custom&from=${tomorrow}&to=${tomorrow}&by=model`);
  await page.getByText("No calls in this time.").first().waitFor();
  if (totals.calls > 0) {
    await page
      .getByRole("group", { name: "Calls", exact: true })
      .getByText(new RegExp(`^−${totals.calls} \\(−100\\s%\\)$`))
      .waitFor();
  }
});

step("days of one's choice stand in the address", async () => {
  await open_usage("?range=today&time_zone=UTC");
  await page.getByLabel("Range", { exact: true }).selectOption("custom");
  await page.waitForURL(/range=custom/);
  const first = page.getByLabel("First day");
  await first.fill(days_from_today(-9, "UTC"));
  await first.press("Enter");
  await page.waitForURL(new RegExp(`from=${days_from_today(-9, "UTC")}`));
  await page.getByRole("heading", { name: "Charge by day" }).waitFor();
  await page.getByLabel("Step", { exact: true }).selectOption("week");
  await page.getByRole("heading", { name: "Charge by week" }).waitFor();
});

step("a click narrows the page and its calls, and is taken back", async () => {
  await open_usage("?range=7_days&by=key");
  await table("key").getByRole("link", { name: "laptop" }).click();
  await page.waitForURL(/key_id=/);
  const only = page.getByRole("group", { name: "Narrowed to" });
  await only.getByText("Key: laptop").waitFor();
  assert.deepEqual(await names_in("model"), [kLargeModel, kSmallModel]);
  await table("model").getByRole("row").filter({ hasText: kSmallModel }).getByRole("link").nth(1)
    .click();
  await page.waitForURL(/#calls$/);
  const calls = page.getByRole("table", { name: "Recent calls" });
  await calls.getByText(kLargeModel, { exact: true }).waitFor({ state: "detached" });
  const { totals } = await ask({ key_ids: search().get("key_id"), models: kSmallModel });
  assert.equal(await calls.locator("tbody tr").count(), totals.calls);
  await keep_shot(page, "usage-narrowed");
  await only.getByRole("button", { name: "Remove key laptop" }).click();
  await page.waitForURL((url) => !url.searchParams.has("key_id"));
  assert.equal(search().get("model"), kSmallModel);
  await only.getByRole("button", { name: `Remove model ${kSmallModel}` }).click();
  await only.waitFor({ state: "detached" });
});

step("a call's name of an unknown key is its id, not an empty chip", async () => {
  await open_usage("?key_id=key_that_never_was");
  await page.getByRole("group", { name: "Narrowed to" }).getByText("key_that_never_was").waitFor();
  await page.getByText("No calls in this time.").first().waitFor();
});

step("the file adds up to what the API says, to the nano-dollar", async () => {
  await open_usage("?range=7_days&time_zone=UTC&by=key&and_by=model");
  const downloading = page.waitForEvent("download", { timeout: kStepMs });
  await page.getByRole("button", { name: "Download CSV" }).click();
  const download = await downloading;
  const [from, to] = [days_from_today(-6, "UTC"), days_from_today(0, "UTC")];
  assert.equal(download.suggestedFilename(), `tollgate-usage-${from}-to-${to}.csv`);
  const [head, ...rows] = readFileSync(await download.path(), "utf8").trimEnd().split("\r\n");
  assert.equal(
    head,
    "start,key_id,key_name,model,calls,errors,input_tokens,cached_tokens,output_tokens,images," +
      "seconds,characters,charge_usd,cost_usd,would_have_cost_usd,estimated,unpriced,mismatched," +
      "interrupted",
  );
  const cells = rows.map((row) => row.split(","));
  const column = (name) => head.split(",").indexOf(name);
  const charge_of = (row) => nanousd_of(row[column("charge_usd")]);
  const report = await ask([["from", from], ["to", to], ["by", "key"], ["by", "model"]]);
  for (const group of report.groups) {
    const own = cells.filter((row) => row[1] === group.key_id && row[3] === group.model);
    const charge = own.reduce((sum, row) => sum + charge_of(row), 0n);
    assert.equal(charge, BigInt(group.totals.charge_nanousd), `${group.key_name} ${group.model}`);
    assert.ok(own.every((row) => /^\d+\.\d{9}$/.test(row[column("charge_usd")])));
  }
  const all = cells.reduce((sum, row) => sum + charge_of(row), 0n);
  assert.equal(all, BigInt(report.totals.charge_nanousd));
  for (const name of ["calls", "input_tokens", "output_tokens", "estimated", "mismatched"]) {
    const sum = cells.reduce((part, row) => part + Number(row[column(name)]), 0);
    assert.equal(sum, report.totals[name], name);
  }
  const cost = cells.reduce((sum, row) => sum + nanousd_of(row[column("cost_usd")]), 0n);
  assert.equal(cost, BigInt(report.totals.cost_nanousd));
});

step("the page is no wider than a telephone", async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await open_usage("?range=7_days&by=model");
  await table("model").waitFor();
  assert.ok((await wider_by(page)) <= 0, `${await wider_by(page)} pixels`);
  await keep_shot(page, "usage-telephone");
  await page.setViewportSize({ width: 1360, height: 900 });
});

step("a member sees their own key's usage, and is told so", async () => {
  await page.context().clearCookies();
  await sign_in(page, TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD);
  await open_usage("?range=7_days&by=key");
  await page.getByText("Of your own keys").waitFor();
  assert.deepEqual(await names_in("key"), ["theirs"]);
  assert.equal((await shown("Calls"))[1], "1");
  await keep_shot(page, "usage-member");
});
