// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { problem_of_pem } from "./certificate_form";

const kCertificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

test("a certificate goes out", () => {
  expect(problem_of_pem(kCertificate)).toBeNull();
});

test("what is none stays here", () => {
  expect(problem_of_pem("")).toMatch(/in PEM/);
  expect(problem_of_pem("MIIB")).toMatch(/in PEM/);
});

test("a private key stays here, whatever comes with it", () => {
  const key = "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n";
  expect(problem_of_pem(key)).toMatch(/private key/);
  expect(problem_of_pem(kCertificate + key)).toMatch(/private key/);
});
