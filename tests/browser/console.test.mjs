// SPDX-License-Identifier: Apache-2.0
// What a new user does in the console, in a real browser, against a running Tollgate:
// sign up by the one-time link, create a key, copy it, use it, see the usage, revoke it; then what
// an owner does: rotate, pause, a leaked key, a project, people, the audit log.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_SETUP_URL='http://127.0.0.1:8080/setup?token=…' \
//     tests/node/node_modules/node/bin/node --test tests/browser/console.test.mjs
//
// The link works once, so each run needs a fresh data folder. The steps build on each other: after
// the first that fails, the others fail too. TOLLGATE_CHROMIUM names another browser,
// TOLLGATE_SHOTS another folder than /tmp for a picture of the page that failed, TOLLGATE_SECRETS
// a file to which the run adds the secrets that it saw, one in each line.

import assert from "node:assert/strict";
import { begin_story, cookies_of, kStepMs, note_secrets, tell_step } from "./story.mjs";

const kUrl = required("TOLLGATE_URL").replace(/\/$/, "");
const kSetupUrl = new URL(required("TOLLGATE_SETUP_URL"), kUrl).href;
// "Each call within a second of its end", and a second for the browser on a busy machine.
const kUsageShownMs = 2_000;

// A password manager's fields, and marks by which this run's key and person are found again.
const kOwner = {
  name: "Grace Hopper",
  email: "grace@example.org",
  password: "nanoseconds are made of wire",
};
const kKeyName = "Browser test";
const kOwnersKeyName = "Analytical walk";
const kProjectName = "Difference Engine";

let page;
let api_key = "";
let owners_key = "";
let rotated_key = "";
const complaints = [];
const foreign_requests = [];

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; the head of this file shows how to run it.`);
  return value;
}

const kContext = {
  viewport: { width: 1360, height: 860 },
  permissions: ["clipboard-read", "clipboard-write"],
};
begin_story((opened) => {
  page = opened;
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== new URL(kUrl).origin) {
      foreign_requests.push(url.origin);
    }
  });
}, kContext);

async function note_session() {
  note_secrets(kOwner.password, ...(await cookies_of(page)));
}

function step(name, act) {
  tell_step("console", () => page, name, act);
}

function row_of_key(name = kKeyName) {
  return page.getByRole("row").filter({ hasText: name });
}

async function choose_action(name, action) {
  await page.getByRole("button", { name: `Actions for ${name}` }).first().click();
  await page.getByRole("menuitem", { name: action }).click();
}

// Of a call that reaches no provider.
async function status_of_listing_models(key) {
  const headers = { Authorization: `Bearer ${key}` };
  const answer = await fetch(`${kUrl}/v1/models`, { headers });
  return answer.status;
}

// The whole key that a dialog shows once.
async function take_shown_key() {
  await page.getByText("will not be shown again").waitFor();
  const key = await page.getByLabel("Your new API key").inputValue();
  note_secrets(key);
  await page.getByRole("button", { name: "Done" }).click();
  return key;
}

// All that the page holds and could keep: its text, its fields and its storage.
function everything_in_page() {
  return page.evaluate(() => {
    const fields = [...document.querySelectorAll("input, textarea")].map(({ value }) => value);
    return JSON.stringify([
      document.documentElement.outerHTML,
      fields,
      { ...localStorage },
      { ...sessionStorage },
      history.state,
      location.href,
      document.cookie,
    ]);
  });
}

function call_model(key) {
  return fetch(`${kUrl}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      model: "gpt-5-mini",
      messages: [{ role: "user", content: "Is this thing on?" }],
    }),
    signal: AbortSignal.timeout(kStepMs),
  });
}

step("someone who is not signed in is asked to sign in", async () => {
  await page.goto(`${kUrl}/usage`);
  await page.waitForURL("**/sign-in");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

step("the setup link's token leaves the address at once", async () => {
  await page.goto(kSetupUrl);
  await page.getByRole("heading", { name: "Welcome to Tollgate" }).waitFor();
  assert.equal(page.url(), `${kUrl}/setup`);
});

step("a short password is refused before it is sent", async () => {
  await page.getByLabel("Name").fill(kOwner.name);
  await page.getByLabel("E-mail").fill(kOwner.email);
  await page.getByRole("textbox", { name: "Password" }).fill("elevenchars");
  await page.getByRole("button", { name: "Create owner" }).click();
  await page.getByText("1 more.").waitFor();
});

step("the owner signs up and arrives at the keys", async () => {
  await page.getByRole("textbox", { name: "Password" }).fill(kOwner.password);
  await page.getByRole("button", { name: "Create owner" }).click();
  await page.waitForURL("**/keys");
  await page.getByRole("heading", { name: "Make your first call" }).waitFor();
  await note_session();
});

step("the setup link works only once", async () => {
  const token = new URL(kSetupUrl).searchParams.get("token");
  const answer = await fetch(`${kUrl}/v1/tollgate/setup?${new URLSearchParams({ token })}`);
  assert.deepEqual(await answer.json(), { valid: false });
});

step("signing out ends the session, signing in begins another", async () => {
  await page.getByRole("button", { name: `Profile of ${kOwner.name}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
  await page.getByLabel("E-mail").fill(kOwner.email);
  await page.getByRole("textbox", { name: "Password" }).fill("not the password at all");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByRole("textbox", { name: "Password" }).fill(kOwner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/keys");
  await note_session();
});

step("the profile picture's menu leads to the keys", async () => {
  await page.goto(`${kUrl}/usage`);
  await page.getByRole("heading", { name: "Usage", exact: true }).waitFor();
  await page.getByRole("button", { name: `Profile of ${kOwner.name}` }).click();
  await page.getByRole("menuitem", { name: "View API keys" }).click();
  await page.waitForURL("**/keys");
});

step("a created key is shown whole, once, and can be copied", async () => {
  await page.getByRole("button", { name: "Create API key" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(kKeyName);
  await page.getByRole("radio", { name: "Test key" }).check();
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByText("will not be shown again").waitFor();
  api_key = await page.getByLabel("Your new API key").inputValue();
  note_secrets(api_key);
  // Not assert.match: its message would print the key.
  assert.ok(/^sk-tg-test-[0-9A-Za-z]{49}$/.test(api_key), "the field holds no test key");

  await page.getByRole("button", { name: "Copy key" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied === api_key, "what was copied is not the key");
});

step("a click beside the dialog does not lose the key", async () => {
  await page.mouse.click(5, 850);
  await page.keyboard.press("Escape");
  assert.ok(await page.getByLabel("Your new API key").isVisible());
});

step("after a reload the key is gone from page and storage", async () => {
  await page.reload();
  await row_of_key().waitFor();
  assert.ok(api_key !== "" && !(await everything_in_page()).includes(api_key), "it is still there");
  const row = await row_of_key().innerText();
  assert.ok(row.includes(api_key.slice(-4)), "the redacted form does not end as the key does");
  assert.ok(row.includes("Never"), "the key is said to have been used");
});

step("a call with the key is in the usage within a second of its end", async () => {
  await page.getByRole("link", { name: "Usage" }).click();
  await page.getByText("It will appear here by itself.").waitFor();
  const answer = await call_model(api_key);
  assert.equal(answer.status, 200);
  const { choices } = await answer.json();
  assert.ok(choices[0].message.content.length > 0);

  const calls = page.getByRole("table", { name: "Recent calls" });
  const row = calls.getByRole("row").filter({ hasText: kKeyName });
  await row.waitFor({ timeout: kUsageShownMs });
  assert.match(await row.innerText(), /200[\s\S]*completed/i);
  assert.match(await row.innerText(), /\$0\.00\s/, "a test key is charged nothing");
});

step("the sums by key show the call as well", async () => {
  const sums = page.getByRole("table", { name: "Usage by key" });
  const row = sums.getByRole("row").filter({ hasText: kKeyName });
  await row.waitFor();
  assert.equal(await row.getByRole("cell").nth(1).innerText(), "1");
});

step("the providers page opens", async () => {
  await page.getByRole("link", { name: "Providers & models" }).click();
  await page.getByRole("heading", { name: "Successors of retired models" }).waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
});

step("a path at a flat price needs somebody who answers", async () => {
  await page.getByLabel("Path", { exact: true }).fill("/v1/videos");
  await page.getByRole("button", { name: "Open path" }).click();
  await page.getByText("Dollars a call, as 0.40.").waitFor();
  await page.getByLabel("Dollars a call").fill("0.40");
  await page.getByRole("button", { name: "Open path" }).click();
  await page.getByText("Add a provider first").waitFor();
});

step("a limit is set from the key's row", async () => {
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("button", { name: `Actions for ${kKeyName}` }).click();
  await page.getByRole("menuitem", { name: "Limits" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Amount").fill("a lot");
  await dialog.getByRole("button", { name: "Set limit" }).click();
  await dialog.getByText("An amount in dollars").waitFor();
  await dialog.getByLabel("Amount").fill("12.5");
  await dialog.getByRole("button", { name: "Set limit" }).click();
  await dialog.getByText("$12.50 per month").waitFor();
  await dialog.getByText(/^\$12\.50 left, resets /).waitFor();
});

step("a second limit is added, the first is changed and removed", async () => {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Amount").fill("60");
  await dialog.getByLabel("Unit").selectOption("Requests");
  await dialog.getByLabel("Period").selectOption("per minute");
  await dialog.getByRole("button", { name: "Set limit" }).click();
  await dialog.getByText("60 requests per minute").waitFor();

  await dialog.getByRole("button", { name: "Change", exact: true }).first().click();
  await dialog.getByLabel("Amount").fill("20");
  await dialog.getByRole("button", { name: "Change limit" }).click();
  await dialog.getByText("$20.00 per month").waitFor();
  await dialog.getByRole("button", { name: "Remove $20.00 per month" }).click();
  await dialog.getByText("$20.00 per month").waitFor({ state: "detached" });
  await dialog.getByRole("button", { name: "Close" }).click();
  await row_of_key().getByText("of 60 requests").waitFor();
});

step("the key's last use is shown", async () => {
  await row_of_key().getByText("Never").waitFor({ state: "detached" });
});

step("a revoked key's very next call is refused with 401", async () => {
  await page.getByRole("button", { name: `Actions for ${kKeyName}` }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByText("stops working at once").waitFor();
  const revoked = page.waitForResponse((response) => response.url().endsWith("/revoke"));
  await page.getByRole("button", { name: "Revoke key" }).click();
  assert.equal((await revoked).status(), 200);

  const answer = await call_model(api_key);
  assert.equal(answer.status, 401);
  assert.equal((await answer.json()).error.code, "invalid_api_key");
  await row_of_key().getByText("Revoked").waitFor();
});

step("a restricted key gets what it needs, and the limit that is suggested", async () => {
  await page.getByRole("button", { name: "Create API key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill(kOwnersKeyName);
  assert.ok(await dialog.getByRole("checkbox", { name: "Stop spending at" }).isChecked());
  await dialog.getByRole("button", { name: "More options" }).click();
  await dialog.getByText("Restricted", { exact: true }).click();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByText("with nothing it could call nothing").waitFor();
  await dialog.getByRole("checkbox", { name: "Responses" }).check();
  const made = page.waitForRequest((request) => request.url().endsWith("/v1/tollgate/keys") &&
    request.method() === "POST");
  await dialog.getByRole("button", { name: "Create key" }).click();
  const { scopes, limit } = (await made).postDataJSON();
  assert.deepEqual(scopes, ["api.model.request", "api.responses.write"]);
  assert.deepEqual(limit, { usd: "20", per: "month" });
  owners_key = await take_shown_key();
  await row_of_key(kOwnersKeyName).getByText("of $20.00").waitFor();
});

step("a rotated key works under both secrets, until the former is ended", async () => {
  await choose_action(kOwnersKeyName, "Rotate");
  await page.getByRole("button", { name: "Rotate key" }).click();
  rotated_key = await take_shown_key();
  assert.ok(rotated_key !== owners_key, "the secret is the former one");
  assert.equal(await status_of_listing_models(rotated_key), 200);
  assert.equal(await status_of_listing_models(owners_key), 200);

  await page.getByRole("button", { name: kOwnersKeyName, exact: true }).click();
  await page.getByRole("button", { name: /^End .* now$/ }).click();
  await page.getByRole("dialog").getByText("Ended", { exact: true }).waitFor();
  assert.equal(await status_of_listing_models(owners_key), 401);
  assert.equal(await status_of_listing_models(rotated_key), 200);
  await page.getByRole("button", { name: "Close" }).click();
});

step("a key's name and note are edited, and all else stays", async () => {
  await choose_action(kOwnersKeyName, "Edit");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Note" }).fill("Of the browser test.");
  const sent = page.waitForRequest((request) => /\/keys\/key[^/]*$/.test(request.url()) &&
    request.method() === "POST");
  await dialog.getByRole("button", { name: "Save" }).click();
  assert.deepEqual((await sent).postDataJSON(), { note: "Of the browser test." });
  await dialog.waitFor({ state: "detached" });
});

step("a paused key is refused, a resumed one is not", async () => {
  await choose_action(kOwnersKeyName, "Pause");
  await row_of_key(kOwnersKeyName).getByText("Paused").waitFor();
  assert.equal(await status_of_listing_models(rotated_key), 401);
  await choose_action(kOwnersKeyName, "Resume");
  await row_of_key(kOwnersKeyName).getByText("Active").waitFor();
  assert.equal(await status_of_listing_models(rotated_key), 200);
});

step("a leaked key is stopped by one confirmation, which tells what it did", async () => {
  await choose_action(kOwnersKeyName, "This key leaked");
  await page.getByRole("button", { name: "It leaked" }).click();
  await page.getByText("Its next call is refused").waitFor();
  await page.getByRole("dialog").getByRole("heading", { name: "Networks" }).waitFor();
  assert.equal(await status_of_listing_models(rotated_key), 401);
  await page.getByRole("button", { name: "Done" }).click();
  await row_of_key(kOwnersKeyName).getByText("Revoked").waitFor();
});

step("a project is created, limited and given a service account", async () => {
  await page.getByRole("link", { name: "Projects" }).click();
  await page.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(kProjectName);
  await page.getByRole("dialog").getByRole("button", { name: "Create project" }).click();
  await page.getByRole("heading", { name: kProjectName }).waitFor();

  await page.getByLabel("Dollars per month").fill("100");
  await page.getByRole("button", { name: "Set limit" }).click();
  await page.getByText("$100.00 per month").waitFor();

  await page.getByRole("button", { name: "Create service account" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Mill");
  await page.getByRole("dialog").getByRole("button", { name: "Create" }).click();
  const key = await take_shown_key();
  assert.equal(await status_of_listing_models(key), 200);
  assert.ok(!(await everything_in_page()).includes(key), "the key is still in the page");
});

step("keys can be made in the new project at once", async () => {
  await page.getByRole("link", { name: "API keys" }).click();
  await row_of_key(kProjectName).waitFor();
  await page.getByRole("button", { name: "Create API key" }).click();
  await page.getByRole("combobox", { name: "Project" }).click();
  await page.getByRole("option", { name: kProjectName }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
});

step("an archived project's keys stop, and the confirmation names them", async () => {
  await page.getByRole("link", { name: "Projects" }).click();
  await page.getByRole("link", { name: kProjectName }).click();
  await page.getByRole("button", { name: "Archive" }).click();
  await page.getByText("Keys that stop: Secret Key.").waitFor();
  await page.getByRole("button", { name: "Archive project" }).click();
  await page.getByText("its keys are refused").waitFor();
  await page.getByRole("button", { name: "Create service account" }).waitFor({ state: "detached" });
});

step("the people page shows the owner, and who is needed cannot be removed", async () => {
  await page.getByRole("link", { name: "People" }).click();
  await page.getByRole("table", { name: "Members" }).getByText(kOwner.email).waitFor();
  await page.getByRole("button", { name: `Remove ${kOwner.name}` }).click();
  await page.getByText("They cannot be removed").waitFor();
  assert.ok(await page.getByRole("button", { name: "Remove", exact: true }).isDisabled());
  await page.getByRole("button", { name: "Cancel" }).click();
});

step("the audit log tells what was done here", async () => {
  await page.getByRole("link", { name: "Audit log" }).click();
  const entries = page.getByRole("listitem");
  await entries.filter({ hasText: "archived a project" }).first().waitFor();
  await page.getByLabel("What").selectOption("Projects and service accounts");
  await entries.filter({ hasText: `created a project: ${kProjectName}` }).waitFor();
  assert.equal(await entries.filter({ hasText: "API key" }).count(), 0);
  const everything = await everything_in_page();
  for (const key of [api_key, owners_key, rotated_key]) {
    assert.ok(!everything.includes(key), "the audit log shows a key");
  }
});

step("nothing came from elsewhere, nothing broke, no policy was violated", () => {
  assert.deepEqual(foreign_requests, []);
  assert.deepEqual(complaints, []);
});
