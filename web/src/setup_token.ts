// SPDX-License-Identifier: Apache-2.0

// Takes the one-time token out of the address at once, before anything can remember it: history,
// a screenshot, a bookmark. Afterwards it lives in memory only.
export function take_setup_token(location: Location, history: History): string | null {
  if (location.pathname !== "/setup") return null;
  const token = new URLSearchParams(location.search).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token === "" ? null : token;
}
