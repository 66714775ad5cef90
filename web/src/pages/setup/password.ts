// SPDX-License-Identifier: Apache-2.0

export const kPasswordCharactersMin = 12;

// Characters as a person counts them, not UTF-16 units.
export function password_problem(password: string): string | null {
  const missing = kPasswordCharactersMin - [...password].length;
  return missing > 0 ? `At least ${kPasswordCharactersMin} characters; ${missing} more.` : null;
}
