// SPDX-License-Identifier: Apache-2.0
// What all stories in a browser have in common: Chromium, its page, steps that leave a picture
// where they fail, and a file of secrets, by which somebody searches the server's files for them.

import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";

import { note_answers } from "./answers.mjs";

// From tests/node, whose lock file pins it, not from whatever stands above this file.
const { chromium } = createRequire(new URL("../node/package.json", import.meta.url))(
  "playwright-core",
);

export const kStepMs = 15_000;

const kBrowserArguments = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// `on_page` gets the page once it is there; `context` is Playwright's.
export function begin_story(on_page, context = {}) {
  let browser;
  let all_noted;
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.TOLLGATE_CHROMIUM ?? "/usr/bin/chromium",
      args: kBrowserArguments,
    });
    const page = await (await browser.newContext(context)).newPage();
    page.setDefaultTimeout(kStepMs);
    all_noted = note_answers(page);
    await on_page(page);
  });
  after(async () => {
    await all_noted?.();
    await browser?.close();
  });
}

export function note_secrets(...secrets) {
  const file = process.env.TOLLGATE_SECRETS;
  if (file) appendFileSync(file, secrets.map((secret) => `${secret}\n`).join(""));
}

export async function cookies_of(page) {
  return (await page.context().cookies()).map(({ value }) => value);
}

export async function sign_in(page, email, password) {
  const { TOLLGATE_URL } = process.env;
  await page.goto(`${TOLLGATE_URL}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
  note_secrets(password, ...(await cookies_of(page)));
}

// By how many pixels the page is wider than its window.
export function wider_by(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

// For people, where TOLLGATE_KEEP_SHOTS names a folder.
export async function keep_shot(page, name, fullPage = true) {
  const folder = process.env.TOLLGATE_KEEP_SHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage });
}

// An open page may show a whole key: fields are painted over.
export function tell_step(story, page_of, name, act) {
  test(name, { timeout: 4 * kStepMs }, async (context) => {
    try {
      await act(context);
    } catch (error) {
      const shots = process.env.TOLLGATE_SHOTS ?? "/tmp";
      const picture = path.join(shots, `${story}-${name.replace(/\W+/g, "-")}.png`);
      await page_of()
        ?.screenshot({ path: picture, fullPage: true, mask: [page_of().locator("input, pre")] })
        .catch(() => {});
      error.message += `\nThe page is shown by ${picture}`;
      throw error;
    }
  });
}
