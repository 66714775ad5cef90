// SPDX-License-Identifier: Apache-2.0
// What people do twice, or two at once, in a real browser: a double click and a retry make one key;
// who saves a form that somebody else was faster with is told, and shown what is there now.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… \
//     tests/node/node_modules/node/bin/node --test tests/browser/twice.test.mjs

import assert from "node:assert/strict";
import { begin_story, cookies_of, note_secrets, tell_step } from "./story.mjs";

const kUrl = process.env.TOLLGATE_URL;
const kCollision = "Somebody else has changed this";

let page;

begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 860 } },
);

function step(name, act) {
  tell_step("twice", () => page, name, act);
}

// As another admin would, who looks at another page.
function change(url, body) {
  return page.evaluate(async ([asked, sent]) => {
    const session = await (await fetch("/v1/tollgate/session")).json();
    const answer = await fetch(asked, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Tollgate-CSRF": session.csrf_token },
      body: JSON.stringify(sent),
    });
    if (!answer.ok) throw new Error(await answer.text());
  }, [url, body]);
}

async function keys_called(name) {
  const { data } = await page.evaluate(async () => (await fetch("/v1/tollgate/keys")).json());
  return data.filter((key) => key.name === name);
}

async function open_new_key(name) {
  await page.getByRole("button", { name: "Create API key" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(name);
}

async function take_shown_key() {
  await page.getByText("will not be shown again").waitFor();
  note_secrets(await page.getByLabel("Your new API key").inputValue());
  await page.getByRole("button", { name: "Done" }).click();
}

async function edit(name) {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).waitFor();
  return dialog;
}

step("the owner signs in", async () => {
  await page.goto(`${kUrl}/sign-in`);
  await page.getByLabel("E-mail").fill(process.env.TOLLGATE_EMAIL);
  await page.getByRole("textbox", { name: "Password" }).fill(process.env.TOLLGATE_PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/keys");
  note_secrets(...(await cookies_of(page)));
});

step("a double click makes one key", async () => {
  await open_new_key("clicked");
  const sent = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.headers()["idempotency-key"]);
  });
  // Both before the page has drawn that the first is on its way.
  await page.getByRole("button", { name: "Create key" }).evaluate((button) => {
    button.click();
    button.click();
  });
  await take_shown_key();
  assert.equal((await keys_called("clicked")).length, 1);
  assert.equal(sent.length, 2, "it was no double click");
  assert.equal(sent[0], sent[1]);
});

step("a retry after an answer that did not arrive makes one key, and shows it", async () => {
  await open_new_key("retried");
  await page.route("**/v1/tollgate/keys", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await route.fetch();
    return route.abort();
  });
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByText("Tollgate does not answer").waitFor();
  await page.unroute("**/v1/tollgate/keys");
  await page.getByRole("button", { name: "Create key" }).click();
  await take_shown_key();
  assert.equal((await keys_called("retried")).length, 1);
});

step("who saves a key that has changed is told, and shown what it is now", async () => {
  const [key] = await keys_called("clicked");
  const dialog = await edit("clicked");
  await change(`/v1/tollgate/keys/${key.id}`, { note: "of another admin" });
  await dialog.getByRole("textbox", { name: "Note" }).fill("mine");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText(kCollision).waitFor();
  assert.equal((await keys_called("clicked"))[0].note, "of another admin");

  await dialog.getByRole("button", { name: "Show what it is now" }).click();
  await dialog.getByText(kCollision).waitFor({ state: "detached" });
  const note = dialog.getByRole("textbox", { name: "Note" });
  assert.equal(await note.inputValue(), "of another admin");
  await note.fill("ours");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal((await keys_called("clicked"))[0].note, "ours");
});

step("an expiry is set and taken away again", async () => {
  let dialog = await edit("clicked");
  await dialog.getByLabel("Expires").selectOption("In 7 days");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.ok((await keys_called("clicked"))[0].expires_at > 0);
  dialog = await edit("clicked");
  await dialog.getByLabel("Expires").selectOption("Never");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.equal((await keys_called("clicked"))[0].expires_at, null);
});

step("a project's policy is saved with rules left out, and again after the first", async () => {
  await page.getByRole("link", { name: "Projects" }).click();
  await page.getByRole("main").getByRole("link").first().click();
  const section = page.getByRole("region", { name: "Key policy" });
  for (const most of ["3", ""]) {
    await section.getByLabel("Keys per member").fill(most);
    await section.getByRole("button", { name: "Save policy" }).click();
    await section.getByRole("button", { name: "Save policy", disabled: true }).waitFor();
    assert.equal(await section.getByRole("alert").count(), 0);
  }
});

step("who saves a policy, models or a limit that has changed is told, too", async () => {
  const id = page.url().split("/").at(-1);
  const others = [
    ["Key policy", `tollgate/projects/${id}/key_policy`, { keys_per_member_max: 7 }],
    ["Models", `organization/projects/${id}/model_permissions`,
      { mode: "deny_list", model_ids: ["gpt-4o"] }],
  ];
  for (const [name, path_of, body] of others) {
    const section = page.getByRole("region", { name });
    await change(`/v1/${path_of}`, body);
    if (name === "Models") await section.getByText("Only these").click();
    else await section.getByLabel("Keys per member").fill("9");
    await section.getByRole("button", { name: /^Save/ }).click();
    await section.getByText(kCollision).waitFor();
    await section.getByRole("button", { name: "Show what it is now" }).click();
    await section.getByText(kCollision).waitFor({ state: "detached" });
  }
  assert.equal(await page.getByLabel("Keys per member").inputValue(), "7");
  await page.getByText("gpt-4o", { exact: true }).waitFor();
});

step("a project that was renamed meanwhile is not renamed by who has not seen it", async () => {
  const id = page.url().split("/").at(-1);
  await page.getByRole("button", { name: "Rename" }).click();
  const dialog = page.getByRole("dialog");
  await change(`/v1/organization/projects/${id}`, { name: "Apollo" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Gemini");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await dialog.getByText(kCollision).waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Rename" }).click();
  assert.equal(await dialog.getByRole("textbox", { name: "Name" }).inputValue(), "Apollo");
  await dialog.getByRole("textbox", { name: "Name" }).fill("Gemini");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("heading", { name: "Gemini" }).waitFor();
});

// Not twice, but in want of two providers.
step("a click says which provider keeps new files", async () => {
  for (const name of ["first", "second"]) {
    const base_url = "http://127.0.0.1:9/v1";
    await change("/v1/tollgate/providers", { name, base_url, fetch_models: false });
  }
  await page.goto(`${kUrl}/providers`);
  const row = (name) =>
    page.getByRole("row").filter({ has: page.getByText(name, { exact: true }) });
  await row("first").getByText("Kept here").waitFor();
  await page.getByRole("button", { name: "Keep new files at second" }).click();
  await row("second").getByText("Kept here").waitFor();
  await page.getByRole("button", { name: "Keep new files at first" }).waitFor();
});
