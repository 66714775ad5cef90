// SPDX-License-Identifier: Apache-2.0
// An owner sets alerts on a project and on a limit of it, sees that one was sent, changes and
// removes them.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… TOLLGATE_PROJECT=… \
//     TOLLGATE_KEY_NAME=… tests/node/node_modules/node/bin/node --test \
//     tests/browser/alerts.test.mjs
//
// TOLLGATE_PROJECT is the id of a project that has spent more than a cent, and has neither alerts
// nor limits; the key of that name has a limit of money.

import assert from "node:assert/strict";
import { begin_story, keep_shot, sign_in, tell_step } from "./story.mjs";

const { TOLLGATE_URL, TOLLGATE_EMAIL, TOLLGATE_PASSWORD, TOLLGATE_PROJECT, TOLLGATE_KEY_NAME } =
  process.env;

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 1000 } },
);

function step(name, act) {
  tell_step("alerts", () => page, name, act);
}

function section() {
  return page.getByRole("region", { name: "Alerts", exact: true });
}

function dialog() {
  return page.getByRole("dialog").last();
}

step("a project has no alerts yet", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await page.goto(`${TOLLGATE_URL}/projects/${TOLLGATE_PROJECT}`);
  await section().getByText("None yet.").waitFor();
});

step("what makes no sense is refused before it is sent", async () => {
  await section().getByRole("button", { name: "Add alert" }).click();
  assert.equal(await dialog().getByLabel("E-mail to").inputValue(), TOLLGATE_EMAIL);
  await dialog().getByLabel("Dollars per month").fill("a lot");
  await dialog().getByLabel("E-mail to").fill("nobody");
  await dialog().getByRole("button", { name: "Add alert" }).click();
  await dialog().getByText("Dollars and cents, such as 100.00.").waitFor();
  await dialog().getByText("E-mail addresses, with commas.").waitFor();
});

step("an alert on what is spent already says that it was sent", async () => {
  await dialog().getByLabel("Dollars per month").fill("0.01");
  await dialog().getByLabel("E-mail to").fill("ops@example.org, cfo@example.org");
  await dialog().getByLabel("In front of the subject (optional)").fill("[spend]");
  await keep_shot(page, "alert_form");
  await dialog().getByRole("button", { name: "Add alert" }).click();
  await section().getByText("At $0.01 per month").waitFor();
  await section().getByText("To ops@example.org, cfo@example.org").waitFor();
  await section().getByText(/Last sent just now, when \$0\.01\d* was spent\./).waitFor();
});

step("a limit that is set can be told of by its percentages", async () => {
  const limit = page.getByRole("region", { name: "Monthly spend limit" });
  await limit.getByLabel("Dollars per month").fill("500");
  await limit.getByRole("button", { name: "Set limit" }).click();
  await limit.getByText("$500.00 per month").waitFor();
  await section().getByRole("button", { name: "Add alert" }).click();
  await dialog().getByLabel("About").selectOption({ label: "Limit of $500.00 per month" });
  await dialog().getByLabel("Percentages of the limit").fill("100, 80");
  await dialog().getByLabel("E-mail to").fill("");
  await dialog().getByRole("button", { name: "Add alert" }).click();
  await section().getByText("At 80%, 100% of $500.00 per month").waitFor();
  await section().getByText("To the owners").waitFor();
  await section().getByText("Never sent.").waitFor();
  await keep_shot(page, "alerts");
});

step("an alert is changed", async () => {
  await section().getByRole("button", { name: "Change the alert At $0.01 per month" }).click();
  await dialog().getByLabel("Dollars per month").fill("250.50");
  await dialog().getByRole("button", { name: "Save" }).click();
  await section().getByText("At $250.50 per month").waitFor();
});

step("an alert is removed once that is confirmed", async () => {
  await section().getByRole("button", { name: "Remove the alert At $250.50 per month" }).click();
  await dialog().getByRole("button", { name: "Remove alert" }).click();
  await section().getByText("At $250.50 per month").waitFor({ state: "detached" });
});

step("an alert goes with its limit", async () => {
  const limit = page.getByRole("region", { name: "Monthly spend limit" });
  await limit.getByRole("button", { name: "Remove" }).click();
  await section().getByText("None yet.").waitFor();
});

step("the organization has alerts, too", async () => {
  await page.goto(`${TOLLGATE_URL}/organization`);
  await section().getByRole("button", { name: "Add alert" }).click();
  await dialog().getByLabel("Dollars per month").fill("1000");
  await dialog().getByRole("button", { name: "Add alert" }).click();
  await section().getByText("At $1,000.00 per month").waitFor();
  await keep_shot(page, "organization");
});

step("a key's limits can be told of where they are set", async () => {
  await page.goto(`${TOLLGATE_URL}/keys`);
  const row = page.getByRole("row").filter({ hasText: TOLLGATE_KEY_NAME });
  await row.getByRole("button", { name: /^Actions/ }).click();
  await page.getByRole("menuitem", { name: /limit/i }).click();
  await section().getByRole("button", { name: "Add alert" }).click();
  await dialog().getByText("Limit of $5.00 in total").waitFor();
  await dialog().getByRole("button", { name: "Add alert" }).click();
  await section().getByText("At 50%, 80%, 100% of $5.00 in total").waitFor();
  await keep_shot(page, "key_alerts");
});
