// SPDX-License-Identifier: Apache-2.0
// What an operator decides about prices, in a real browser: a price from now and from a day on,
// free, and as shipped again; a ceiling; what organizations pay; a file of prices. A member sees
// none of it.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… \
//     TOLLGATE_MEMBER_EMAIL=… TOLLGATE_MEMBER_PASSWORD=… TOLLGATE_MODEL=… \
//     tests/node/node_modules/node/bin/node --test tests/browser/prices.test.mjs
//
// TOLLGATE_MODEL is served and has no price; it has none afterwards. gpt-4.1-mini is served, too.
// TOLLGATE_KEEP_SHOTS names a folder for pictures.

import assert from "node:assert/strict";
import { begin_story, keep_shot, sign_in, tell_step, wider_by } from "./story.mjs";

const { TOLLGATE_URL, TOLLGATE_EMAIL, TOLLGATE_PASSWORD, TOLLGATE_MODEL } = process.env;
const { TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD } = process.env;
const kDayMs = 86_400_000;

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 900 } },
);

function step(name, act) {
  tell_step("prices", () => page, name, act);
}

function row() {
  return page.getByRole("table", { name: "Prices" }).getByRole("row").filter({
    hasText: TOLLGATE_MODEL,
  });
}

function dialog() {
  return page.getByRole("dialog");
}

function section(name) {
  return page.getByRole("region", { name, exact: true });
}

async function open_form() {
  await page
    .getByRole("button", { name: `Set the price of ${TOLLGATE_MODEL}`, exact: true })
    .click();
  await dialog().waitFor();
}

async function gone() {
  await dialog().waitFor({ state: "detached" });
}

function ask(path) {
  return page.evaluate(async (asked) => (await fetch(`/v1/tollgate/${asked}`)).json(), path);
}

step("the page of prices says what has none", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await page.getByRole("link", { name: "Prices", exact: true }).click();
  await page.waitForURL(/\/prices$/);
  await row().getByText("no price: refused").waitFor();
  await section("Models without a price").getByText("No ceiling: they are refused.").waitFor();
  await section("What organizations pay").getByText("No rule: everybody pays the cost.").waitFor();
});

step("what is no price is refused before it is sent", async () => {
  await open_form();
  await dialog().getByLabel("Input tokens", { exact: true }).fill("two");
  await dialog().getByRole("button", { name: "Save price" }).click();
  await dialog().getByText("Dollars, as 1.25.").waitFor();
});

step("a price that is far beyond any known is set once it is confirmed", async () => {
  await dialog().getByLabel("Input tokens", { exact: true }).fill("20000");
  await dialog().getByLabel("Output tokens", { exact: true }).fill("0.60");
  await dialog().getByRole("button", { name: "Save price" }).click();
  await dialog().getByText("far beyond any known price").waitFor();
  assert.equal((await ask(`prices/history?model=${TOLLGATE_MODEL}`)).data.length, 0);
  await dialog().getByRole("button", { name: "It is meant: do it" }).click();
  await gone();
  await row().getByText("decided here").waitFor();
  assert.equal((await row().getByRole("cell").allInnerTexts())[2], "$20,000.00");
});

step("a price is set, and what is not named stays", async () => {
  await open_form();
  await dialog().getByLabel("Input tokens", { exact: true }).fill("0.20");
  await dialog().getByRole("button", { name: "Add another price" }).click();
  const other = dialog().getByRole("group", { name: "Of price 4" });
  await other.getByLabel("What").selectOption("output_image");
  await other.getByLabel("$ an image").fill("0.04");
  await other.getByLabel("Size").fill("1024x1024");
  await dialog().getByLabel("Reason").fill("power and rent");
  await keep_shot(page, "prices-form", false);
  await dialog().getByRole("button", { name: "Save price" }).click();
  await gone();
  await row().getByText("power and rent").waitFor();
  assert.deepEqual((await row().getByRole("cell").allInnerTexts()).slice(2, 4), ["$0.20", "$0.60"]);
  const [held] = (await ask(`prices?model=${TOLLGATE_MODEL}`)).data;
  assert.deepEqual(
    held.prices.filter(({ unit }) => unit === "output_image"),
    [{ unit: "output_image", size: "1024x1024", nanousd_per_million: 40_000_000_000_000 }],
  );
});

step("a price begins on a day to come, and another for that day is asked about", async () => {
  const day = new Date(Date.now() + 30 * kDayMs).toISOString().slice(0, 10);
  for (const output of ["9", "10"]) {
    await open_form();
    await dialog().getByLabel("Output tokens", { exact: true }).fill(output);
    await dialog().getByLabel("Valid from (UTC)").fill(day);
    await dialog().getByRole("button", { name: "Save price" }).click();
    if (output === "9") await gone();
  }
  await dialog().getByText("is decided already").waitFor();
  await dialog().getByRole("button", { name: "It is meant: do it" }).click();
  await gone();
  await row().getByText(/^From .* \(UTC\): \$0\.20 in, \$10\.00 out$/).waitFor();
  assert.equal(await row().getByText(/^From /).count(), 1, "the other one was replaced");
  const [held] = (await ask(`prices?model=${TOLLGATE_MODEL}`)).data;
  assert.equal(held.coming.at(-1).valid_from, Date.parse(`${day}T00:00:00Z`) / 1_000);
});

step("nothing is overwritten: what was decided says what holds and what is to come", async () => {
  await page
    .getByRole("button", { name: `History of the price of ${TOLLGATE_MODEL}`, exact: true })
    .click();
  const decisions = dialog().getByRole("table", { name: "Decisions" });
  await decisions.waitFor();
  const states = (await decisions.locator("tbody tr").allInnerTexts()).map(
    (text) => /\b(to come|replaced|holds|past)\b/.exec(text)?.[1],
  );
  assert.deepEqual(states, ["to come", "replaced", "holds", "past"]);
  await dialog().getByRole("region", { name: "What holds now" }).getByText(
    "Output images (1024x1024): $0.04 an image",
  ).waitFor();
  await keep_shot(page, "prices-history", false);
  await page.keyboard.press("Escape");
  await gone();
});

step("it can be free, and found by its name", async () => {
  await open_form();
  await dialog().getByRole("button", { name: "Make free" }).click();
  await gone();
  await row().getByRole("cell", { name: "free" }).first().waitFor();
  await page.getByLabel("Find a model").fill(TOLLGATE_MODEL.slice(1, 6));
  await row().waitFor();
  await page.getByLabel("Find a model").fill("no such model at all");
  await page.getByText("No provider serves such a model.").waitFor();
  await page.getByLabel("Find a model").fill("");
});

step("a model that no provider lists may have a price, and that is said", async () => {
  await page.getByRole("button", { name: "Set a price", exact: true }).click();
  await dialog().getByRole("button", { name: "Save price" }).click();
  await dialog().getByText("As the provider calls it.").first().waitFor();
  await dialog().getByLabel("Model").fill("not-there-yet");
  await dialog().getByLabel("Input tokens", { exact: true }).fill("1");
  await dialog().getByLabel("Output tokens", { exact: true }).fill("1");
  await dialog().getByRole("button", { name: "Save price" }).click();
  await dialog().getByRole("status").getByText("No provider has this model in its list").waitFor();
  await dialog().getByRole("button", { name: "Close" }).last().click();
  await gone();
});

step("what was decided is taken back", async () => {
  await page.getByRole("button", { name: `Reset the price of ${TOLLGATE_MODEL}` }).click();
  await row().getByText("no price: refused").waitFor();
});

step("a ceiling is set, changed and turned off", async () => {
  const ceiling = section("Models without a price");
  await ceiling.getByRole("button", { name: "Set a ceiling" }).click();
  assert.ok(await dialog().getByRole("button", { name: "Save ceiling" }).isDisabled());
  await dialog().getByLabel("Input tokens", { exact: true }).fill("15");
  await dialog().getByLabel("Output tokens", { exact: true }).fill("75");
  await dialog().getByRole("button", { name: "Save ceiling" }).click();
  await gone();
  await ceiling.getByText("Output tokens: $75.00 a million").waitFor();
  await row().getByText("no price: at the ceiling").waitFor();
  await ceiling.getByRole("button", { name: "Change the ceiling" }).click();
  assert.equal(await dialog().getByLabel("Input tokens", { exact: true }).inputValue(), "15.00");
  await dialog().getByLabel("Input tokens", { exact: true }).fill("16");
  await dialog().getByRole("button", { name: "Save ceiling" }).click();
  await gone();
  await ceiling.getByText("Input tokens: $16.00 a million").waitFor();
  await ceiling.getByRole("button", { name: "Turn the ceiling off" }).click();
  await dialog().getByRole("button", { name: "Turn it off" }).click();
  await gone();
  await ceiling.getByText("No ceiling: they are refused.").waitFor();
});

step("a factor for everybody, and prices of its own for one organization", async () => {
  const books = section("What organizations pay");
  await books.getByRole("button", { name: "Add a rule" }).click();
  await dialog().getByLabel("Factor", { exact: true }).fill("1000.5");
  await dialog().getByRole("button", { name: "Save rule" }).click();
  await dialog().getByText("From 0 to 1000").waitFor();
  await dialog().getByLabel("Factor", { exact: true }).fill("1.15");
  await dialog().getByLabel("Reason").fill("a share of the rent");
  await dialog().getByRole("button", { name: "Save rule" }).click();
  await gone();
  const paying = books.getByRole("table", { name: "Who pays what" });
  await paying.getByText("1.15 × the cost").waitFor();
  await paying.getByText("as everybody without one").waitFor();
  const { organization } = await ask("session");
  await books.getByRole("button", { name: "Add a rule" }).click();
  await dialog().getByLabel("Who").selectOption(organization.id);
  await dialog().getByLabel("Prices of its own, for one model").check();
  await dialog().getByLabel("Input tokens", { exact: true }).fill("3");
  await dialog().getByRole("button", { name: "Save rule" }).click();
  await dialog().getByText("Prices are of one model: name it.").waitFor();
  await dialog().getByLabel("Model", { exact: true }).fill("gpt-4.1-mini");
  await dialog().getByRole("button", { name: "Save rule" }).click();
  await gone();
  const rules = books.getByRole("table", { name: "Rules" });
  await rules.getByRole("row").filter({ hasText: organization.name }).getByText(
    "Input tokens: $3.00 a million",
  ).waitFor();
  await keep_shot(page, "prices-books");
});

step("a rule is changed and removed, and its history stays", async () => {
  const books = section("What organizations pay");
  const { organization } = await ask("session");
  await books.getByRole("button", { name: /^Change the rule of Everybody/ }).click();
  await dialog().getByLabel("Factor", { exact: true }).fill("2");
  await dialog().getByRole("button", { name: "Save rule" }).click();
  await gone();
  const paying = books.getByRole("table", { name: "Who pays what" });
  await paying.getByText("2 × the cost").waitFor();
  for (const whose of ["Everybody", organization.name]) {
    await books.getByRole("button", { name: new RegExp(`^Remove the rule of ${whose}`) }).click();
    await dialog().getByRole("button", { name: "Remove rule" }).click();
    await gone();
  }
  await books.getByText("No rule: everybody pays the cost.").waitFor();
  await books.getByRole("button", { name: "History" }).click();
  const decisions = dialog().getByRole("table", { name: "Decisions" });
  await decisions.waitFor();
  const pays = await decisions.locator("tbody tr td:nth-child(3)").allInnerTexts();
  assert.deepEqual(pays, ["no rule any more", "2 × the cost", "1.15 × the cost"]);
  await page.keyboard.press("Escape");
  await gone();
});

step("who pays for what a client did not wait for", async () => {
  const { organization } = await ask("session");
  const choice = page.getByLabel(
    `Who pays at ${organization.name} for what a client did not wait for`,
  );
  const saved = page.waitForResponse((response) => response.url().endsWith("/price_books/policy"));
  await choice.selectOption("only_delivered");
  assert.equal((await saved).status(), 200);
  assert.deepEqual((await ask("price_books")).only_delivered, [organization.id]);
  await page.reload();
  await choice.waitFor();
  assert.equal(await choice.inputValue(), "only_delivered");
  await choice.selectOption("charge_as_cost");
});

function choose_file(text) {
  const file = { name: "prices.json", mimeType: "application/json", buffer: Buffer.from(text) };
  return page.getByLabel("A file of prices").setInputFiles(file);
}

function problems() {
  return page.getByRole("list", { name: "What is wrong with the file" }).getByRole("listitem");
}

// What was decided for the one provider would hold before what is for all.
const kGood = `{"model": "${TOLLGATE_MODEL}", "provider": "raw", "prices": [
    {"unit": "input_text_token", "usd_per_million": "0.20"},
    {"unit": "output_text_token", "usd_per_million": "0.60"}]}`;

step("what is wrong with a file of prices is told line by line, and nothing changes", async () => {
  await choose_file('{"currency": "USD",\n "models": [}');
  await problems().getByText(/^Line 2: This is no JSON/).waitFor();
  await choose_file('{"currency": "EUR", "models": [{"model": "m", "kind": "free"}]}');
  await problems().getByText("these are in 'EUR'").waitFor();
  const wrong = `{"currency": "USD", "models": [
  ${kGood},
  {"model": "gpt-4.1-mini", "prices": [{"unit": "parsec", "usd_per_million": "1"}]},
  {"model": "embed-local", "kind": "free"},
  {"model": "gpt-4.1-mini", "provider": "nobody", "kind": "free"}]}`;
  await choose_file(wrong);
  await problems().nth(1).waitFor();
  const told = await problems().allInnerTexts();
  assert.match(told[0], /^Line 5: gpt-4\.1-mini: 'parsec' is no unit/);
  assert.match(told[1], /^Line 7: gpt-4\.1-mini: .*nobody/);
  assert.equal(told.length, 2);
  await row().getByText("no price: refused").waitFor();
  await keep_shot(page, "prices-file-problems");
});

step("a good file is shown first, and imported then", async () => {
  await choose_file(`{"currency": "USD", "models": [${kGood}]}`);
  const would = page.getByRole("table", { name: "What would hold" });
  await would.getByText("Output tokens: $0.60 a million").waitFor();
  await row().getByText("no price: refused").waitFor();
  await page.getByRole("button", { name: "Import 1 model" }).click();
  await page.getByRole("status").getByText("1 model imported").waitFor();
  await row().getByText("decided here").waitFor();
  await page.getByRole("button", { name: `Reset the price of ${TOLLGATE_MODEL}` }).click();
  await row().getByText("no price: refused").waitFor();
});

step("the page is no wider than a telephone", async () => {
  await page.setViewportSize({ width: 400, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.reload();
  await row().waitFor();
  assert.ok((await wider_by(page)) <= 0, `${await wider_by(page)} pixels`);
  await keep_shot(page, "prices-telephone");
  await page.setViewportSize({ width: 1360, height: 900 });
});

step("a member is offered no prices, and told whose they are", async () => {
  await page.context().clearCookies();
  await sign_in(page, TOLLGATE_MEMBER_EMAIL, TOLLGATE_MEMBER_PASSWORD);
  assert.equal(await page.getByRole("link", { name: "Prices", exact: true }).count(), 0);
  await page.goto(`${TOLLGATE_URL}/prices`);
  await page.getByRole("alert").first().getByText(/may not see or do this/).waitFor();
  assert.equal(await page.getByRole("table").count(), 0);
});
