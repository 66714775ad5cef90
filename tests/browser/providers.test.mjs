// SPDX-License-Identifier: Apache-2.0
// A provider's list read again, its credential and its address changed, in a real browser.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… \
//     TOLLGATE_ELSEWHERE=http://127.0.0.1:9/v1 TOLLGATE_CREDENTIAL=… \
//     tests/node/node_modules/node/bin/node --test tests/browser/providers.test.mjs
//
// The provider `listed` has a credential and lists four models, of which three are known yet.
// Nothing listens at TOLLGATE_ELSEWHERE. TOLLGATE_KEEP_SHOTS names a folder for pictures.

import assert from "node:assert/strict";
import { begin_story, keep_shot, sign_in, tell_step } from "./story.mjs";

const { TOLLGATE_EMAIL, TOLLGATE_PASSWORD } = process.env;
const { TOLLGATE_ELSEWHERE, TOLLGATE_CREDENTIAL } = process.env;

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 900 } },
);

function step(name, act) {
  tell_step("providers", () => page, name, act);
}

function dialog() {
  return page.getByRole("dialog");
}

function row() {
  return page
    .getByRole("table", { name: "Providers" })
    .getByRole("row")
    .filter({ hasText: "listed" });
}

async function open_dialog() {
  await page.getByRole("button", { name: "Update listed" }).click();
  await dialog().getByText("Its list of models is read again.").waitFor();
}

step("the operator looks at the providers", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await page.getByRole("link", { name: "Providers & models" }).click();
  await row().getByRole("cell", { name: "3", exact: true }).waitFor();
});

step("its list is read again", async () => {
  await open_dialog();
  await keep_shot(page, "provider-update");
  await dialog().getByRole("button", { name: "Update" }).click();
  await dialog().waitFor({ state: "detached" });
  await row().getByRole("cell", { name: "4", exact: true }).waitFor();
});

step("another address wants the credential", async () => {
  await open_dialog();
  await dialog().getByLabel("Base URL").fill("nowhere");
  await dialog().getByRole("button", { name: "Update" }).click();
  await dialog().getByText("An address such as").waitFor();
  await dialog().getByLabel("Base URL").fill(TOLLGATE_ELSEWHERE);
  await dialog().getByRole("button", { name: "Update" }).click();
  await dialog().getByText("It was given for another address.").waitFor();
});

step("where nobody answers, nothing is changed", async () => {
  await dialog().getByLabel("New credential").fill(TOLLGATE_CREDENTIAL);
  await dialog().getByRole("button", { name: "Update" }).click();
  await dialog().getByRole("alert").getByText("Nothing was changed").waitFor();
  await keep_shot(page, "provider-unreachable");
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await dialog().waitFor({ state: "detached" });
  assert.ok(!(await row().innerText()).includes(TOLLGATE_ELSEWHERE));
});

step("the credential alone is changed", async () => {
  await open_dialog();
  assert.equal(await dialog().getByLabel("New credential").inputValue(), "");
  await dialog().getByLabel("New credential").fill(TOLLGATE_CREDENTIAL);
  await dialog().getByRole("button", { name: "Update" }).click();
  await dialog().waitFor({ state: "detached" });
});
