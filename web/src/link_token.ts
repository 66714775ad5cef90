// SPDX-License-Identifier: Apache-2.0

// The pages that one-time links lead to. Links in mails have their token behind '#', which no
// server and no proxy sees; the terminal's setup link has it in the query.
const kPages = new Set(["/setup", "/verify-email", "/accept-invitation", "/reset-password"]);

// Takes the one-time token out of the address at once, before anything can remember it: history,
// a screenshot, a bookmark. Afterwards it lives in memory only.
export function take_link_token(location: Location, history: History): string | null {
  if (!kPages.has(location.pathname)) return null;
  const place = location.pathname === "/setup" ? location.search : location.hash.replace("#", "?");
  const token = new URLSearchParams(place).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token === "" ? null : token;
}
