// SPDX-License-Identifier: Apache-2.0
// An owner uploads a certificate, activates it for a project, deactivates and deletes it.
//
//   TOLLGATE_URL=http://127.0.0.1:8080 TOLLGATE_EMAIL=… TOLLGATE_PASSWORD=… TOLLGATE_PROJECT=… \
//     TOLLGATE_PEM=ca.pem TOLLGATE_PEM_KEY=ca.key tests/node/node_modules/node/bin/node --test \
//     tests/browser/certificates.test.mjs
//
// TOLLGATE_PROJECT is the id of a project; the organization has no certificate yet.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { begin_story, keep_shot, sign_in, tell_step } from "./story.mjs";

const {
  TOLLGATE_URL,
  TOLLGATE_EMAIL,
  TOLLGATE_PASSWORD,
  TOLLGATE_PROJECT,
  TOLLGATE_PEM,
  TOLLGATE_PEM_KEY,
} = process.env;

let page;
begin_story(
  (opened) => {
    page = opened;
  },
  { viewport: { width: 1360, height: 1000 } },
);

function step(name, act) {
  tell_step("certificates", () => page, name, act);
}

function section() {
  return page.getByRole("region", { name: "Client certificates", exact: true });
}

function dialog() {
  return page.getByRole("dialog").last();
}

step("an organization has no certificates yet", async () => {
  await sign_in(page, TOLLGATE_EMAIL, TOLLGATE_PASSWORD);
  await page.goto(`${TOLLGATE_URL}/organization`);
  await section().getByText("None yet.").waitFor();
});

step("a private key is not sent", async () => {
  let uploads = 0;
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/certificates")) ++uploads;
  });
  await section().getByRole("button", { name: "Upload certificate" }).click();
  await dialog().getByLabel("Certificate in PEM").fill(readFileSync(TOLLGATE_PEM_KEY, "utf8"));
  await dialog().getByRole("button", { name: "Upload certificate" }).click();
  await dialog().getByText("There is a private key in it. Leave that out.").waitFor();
  assert.equal(uploads, 0);
});

step("what the server refuses is told", async () => {
  await dialog().getByLabel("Certificate in PEM").fill("-----BEGIN CERTIFICATE-----\nMIIB\n");
  await dialog().getByRole("button", { name: "Upload certificate" }).click();
  await dialog().getByText(/It is no certificate in PEM/).waitFor();
});

step("a certificate is uploaded from its file", async () => {
  await dialog().getByLabel("Name (optional)").fill("Our clients");
  await dialog().locator("input[type=file]").setInputFiles(TOLLGATE_PEM);
  await keep_shot(page, "certificate_form");
  await dialog().getByRole("button", { name: "Upload certificate" }).click();
  await section().getByText("Our clients").waitFor();
  await section().getByText(/^Expires .*20\d\d/).waitFor();
});

step("it is activated in a project, which says what follows", async () => {
  await page.goto(`${TOLLGATE_URL}/projects/${TOLLGATE_PROJECT}`);
  await section().getByRole("button", { name: "Activate Our clients" }).click();
  await dialog().getByText(/calls of this project are refused unless/).waitFor();
  await dialog().getByText(/This page came without TLS/).waitFor();
  await dialog().getByRole("button", { name: "Activate", exact: true }).click();
  await section().getByText("Active", { exact: true }).waitFor();
  await keep_shot(page, "certificate_active");
});

step("it cannot be deleted while it is active there", async () => {
  await page.goto(`${TOLLGATE_URL}/organization`);
  await section().getByRole("button", { name: "Delete Our clients" }).click();
  await dialog().getByRole("button", { name: "Delete certificate" }).click();
  await dialog().getByText(/the certificate is active/i).waitFor();
  await dialog().getByRole("button", { name: "Keep it" }).click();
});

step("it is deactivated, and deleted", async () => {
  await page.goto(`${TOLLGATE_URL}/projects/${TOLLGATE_PROJECT}`);
  await section().getByRole("button", { name: "Deactivate Our clients" }).click();
  await dialog().getByRole("button", { name: "Deactivate", exact: true }).click();
  await section().getByText("Active", { exact: true }).waitFor({ state: "detached" });
  await page.goto(`${TOLLGATE_URL}/organization`);
  await section().getByRole("button", { name: "Delete Our clients" }).click();
  await dialog().getByRole("button", { name: "Delete certificate" }).click();
  await section().getByText("None yet.").waitFor();
});
