// SPDX-License-Identifier: Apache-2.0
// What can be said of a certificate before it is sent; the rest is the server's to say.

// A private key must not leave the machine that it is on.
export function problem_of_pem(pem: string): string | null {
  if (pem.includes("PRIVATE KEY")) return "There is a private key in it. Leave that out.";
  if (pem.includes("-----BEGIN CERTIFICATE-----")) return null;
  return "A certificate in PEM: it begins with -----BEGIN CERTIFICATE-----.";
}
