// SPDX-License-Identifier: Apache-2.0
// An operator sees that a model has no price, gives it one, makes it free, and takes that back.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… TOLLGATE_MODEL=… \
//     tests/node/node_modules/node/bin/node --test tests/browser/prices.test.mjs
//
// TOLLGATE_MODEL is served and has no price; it has none afterwards.

import assert from "node:assert/strict";
import { begin_story, cookies_of, note_secrets, tell_step } from "./story.mjs";

const { TOLLGATE_URL, TOLLGATE_EMAIL, TOLLGATE_PASSWORD, TOLLGATE_MODEL } = process.env;

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

function set_price() {
  return page.getByRole("button", { name: `Set the price of ${TOLLGATE_MODEL}`, exact: true });
}

step("the page of providers says what has no price", async () => {
  await page.goto(`${TOLLGATE_URL}/providers`);
  await page.getByLabel("E-mail").fill(TOLLGATE_EMAIL);
  await page.getByRole("textbox", { name: "Password" }).fill(TOLLGATE_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
  note_secrets(TOLLGATE_PASSWORD, ...(await cookies_of(page)));
  await page.goto(`${TOLLGATE_URL}/providers`);
  await row().getByText("no price: refused").waitFor();
});

step("what is no price is refused before it is sent", async () => {
  await set_price().click();
  await page.getByLabel("Input", { exact: true }).fill("two");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Dollars, as 1.25.").waitFor();
});

step("a price that is far beyond any known is asked about", async () => {
  await page.getByLabel("Input", { exact: true }).fill("20000");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("far beyond any known price").waitFor();
});

step("a price is set, and stands there", async () => {
  await page.getByLabel("Input", { exact: true }).fill("0.20");
  await page.getByLabel("Output", { exact: true }).fill("0.60");
  await page.getByLabel("Reason").fill("power and rent");
  await page.getByRole("button", { name: "Save" }).click();
  await row().getByText("decided here").waitFor();
  const cells = await row().getByRole("cell").allInnerTexts();
  assert.deepEqual(cells.slice(2, 4), ["$0.20", "$0.60"]);
  if (process.env.TOLLGATE_KEEP_SHOTS) {
    const path = `${process.env.TOLLGATE_KEEP_SHOTS}/prices.png`;
    await page.screenshot({ path, fullPage: true });
    await set_price().click();
    await row().scrollIntoViewIfNeeded();
    await page.screenshot({ path: `${process.env.TOLLGATE_KEEP_SHOTS}/price_form.png` });
    await set_price().click();
  }
});

step("it can be free, and found by its name", async () => {
  await set_price().click();
  await page.getByRole("button", { name: "Make free" }).click();
  await row().getByRole("cell", { name: "free" }).first().waitFor();
  await page.getByLabel("Find a model").fill(TOLLGATE_MODEL.slice(1, 6));
  await row().waitFor();
  await page.getByLabel("Find a model").fill("no such model at all");
  await page.getByText("No provider serves such a model.").waitFor();
  await page.getByLabel("Find a model").fill("");
});

step("what was decided is taken back", async () => {
  await page.getByRole("button", { name: `Reset the price of ${TOLLGATE_MODEL}` }).click();
  await row().getByText("no price: refused").waitFor();
});
