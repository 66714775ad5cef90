// SPDX-License-Identifier: Apache-2.0
// How people get in, in a real browser: an invitation, the profile page, a new password by a link,
// organizations. tests/test_browser.py makes the links; each works once.

import assert from "node:assert/strict";
import path from "node:path";

import { begin_story, cookies_of, note_secrets, tell_step } from "./story.mjs";

const kUrl = process.env.TOLLGATE_URL;
const kInviteUrl = process.env.TOLLGATE_INVITE_URL;
const kResetUrl = process.env.TOLLGATE_RESET_URL;
const kGrace = { name: "Grace Hopper", password: "nanoseconds are made of copper" };
const kNewPassword = "seven purple boats at noon";

let page;
const complaints = [];

begin_story((opened) => {
  page = opened;
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
});

function step(name, act) {
  tell_step("entry", () => page, name, act);
}

async function note_session() {
  note_secrets(...(await cookies_of(page)), kGrace.password, kNewPassword);
}

function password_field(name = "Password") {
  return page.getByRole("textbox", { name, exact: true });
}

async function sign_out() {
  await page.getByRole("button", { name: /^Profile of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.waitForURL("**/sign-in");
}

step("an invitation's token leaves the address, and who accepts it is in", async () => {
  await page.goto(kInviteUrl);
  await page.getByText("Join").first().waitFor();
  assert.equal(new URL(page.url()).hash, "");
  assert.equal(await page.getByLabel("E-mail").inputValue(), "grace@example.org");
  await page.getByLabel("Name").fill(kGrace.name);
  await password_field().fill("short");
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByText("At least 12 characters").waitFor();
  await password_field().fill(kGrace.password);
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL("**/keys");
  await note_session();
});

step("the link that was used is told to be dead", async () => {
  await page.goto("about:blank");
  await page.goto(kInviteUrl);
  await page.getByRole("alert").getByText("invitation was used").waitFor();
});

step("the profile page renames, shows this session and changes the password", async () => {
  await page.goto(`${kUrl}/profile`);
  await page.getByRole("table", { name: "Sessions" }).getByText("This browser").waitFor();
  await page.getByLabel("Your name").fill("Rear Admiral Hopper");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Profile of Rear Admiral Hopper" }).waitFor();
  await password_field("Present password").fill("not the present one");
  await password_field("New password").fill(kNewPassword);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("alert").getByText("not your present password").waitFor();
  await password_field("Present password").fill(kGrace.password);
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("Your password is changed").waitFor();
  await note_session();
  // The session goes on under its new token.
  await page.getByLabel("Your name").fill(kGrace.name);
  await page.getByRole("button", { name: /Save/ }).click();
  await page.getByRole("button", { name: `Profile of ${kGrace.name}` }).waitFor();
});

step("a reader without another organization sees no switcher", async () => {
  assert.equal(await page.getByRole("button", { name: /^Organization:/ }).count(), 0);
  await sign_out();
});

step("without mail, the page for forgotten passwords says whom to ask", async () => {
  assert.equal(await page.getByRole("link", { name: "Sign up" }).count(), 0);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByLabel("E-mail").fill("owner@example.com");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("alert").getByText("sends no mail").waitFor();
});

step("a reset link leads to a new password, by which one signs in", async () => {
  await page.goto(kResetUrl);
  await password_field("New password").fill(kNewPassword);
  assert.equal(new URL(page.url()).hash, "");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByText("You were signed out everywhere").waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("E-mail").fill("owner@example.com");
  await password_field().fill(kNewPassword);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/keys");
  await note_session();
});

step("an operator creates an organization and switches between two", async () => {
  const switcher = page.getByRole("button", { name: /^Organization:/ });
  const first = await switcher.innerText();
  await switcher.click();
  await page.getByRole("menuitem", { name: "Create organization" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Research");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "Organization: Research. Switch" }).waitFor();
  await note_session();
  await page.getByRole("button", { name: "Organization: Research. Switch" }).click();
  await page.getByRole("menuitem", { name: first }).click();
  await page.getByRole("button", { name: `Organization: ${first}. Switch` }).waitFor();
  await note_session();
  await page.reload();
  await page.getByRole("button", { name: `Organization: ${first}. Switch` }).waitFor();
});

async function open_page(name) {
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

async function take_picture(name) {
  const folder = process.env.TOLLGATE_SHOTS;
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}

step("an operator sets who may sign up; what needs mail is refused without one", async () => {
  await open_page("This Tollgate");
  await page.getByRole("table", { name: "Organizations" }).getByText("Research").waitFor();
  await page.getByRole("radio", { name: "Certain addresses" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("At least one, such as example.org.").waitFor();
  await take_picture("instance");
  await page.getByRole("radio", { name: "Open" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").getByText("none is configured").waitFor();
  await page.getByRole("radio", { name: "By invitation" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  await page.reload();
  assert.ok(await page.getByRole("radio", { name: "By invitation" }).isChecked());
});

step("an organization is renamed, and deleted by its name and a password", async () => {
  const switcher = page.getByRole("button", { name: /^Organization:/ });
  const first = await switcher.innerText();
  await switcher.click();
  await page.getByRole("menuitem", { name: "Research" }).click();
  await page.getByRole("button", { name: "Organization: Research. Switch" }).waitFor();
  await open_page("Organization");
  await page.getByRole("textbox", { name: "Organization's name" }).fill("Science");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("button", { name: "Organization: Science. Switch" }).waitFor();
  await page.getByRole("button", { name: "Delete organization" }).click();
  const confirm = page.getByRole("button", { name: "Delete for good" });
  await page.getByRole("textbox", { name: "The organization's name" }).fill("Scienc");
  await password_field("Your password").fill("not the password");
  assert.ok(await confirm.isDisabled());
  await page.getByRole("textbox", { name: "The organization's name" }).fill("Science");
  await take_picture("delete-organization");
  await confirm.click();
  await page.getByRole("alert").getByText("not your present password").waitFor();
  await password_field("Your password").fill(kNewPassword);
  await confirm.click();
  await page.getByRole("button", { name: `Organization: ${first}. Switch` }).waitFor();
  await page.waitForURL("**/keys");
  await page.getByRole("button", { name: `Organization: ${first}. Switch` }).click();
  assert.equal(await page.getByRole("menuitem", { name: "Science" }).count(), 0);
  await note_session();
});

step("nothing broke, no policy was violated", () => {
  assert.deepEqual(complaints, []);
});
