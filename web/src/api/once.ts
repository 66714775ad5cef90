// SPDX-License-Identifier: Apache-2.0
// A double click or a retry makes one thing and not two: the same request gets the same
// Idempotency-Key for as long as it must be the same act.

// As long as a double click may take after an answer that came at once.
const kDoubleClickMs = 1_000;
// As long as the server repeats an answer with the secret in it.
const kRepeatedMs = 600_000;

const kConflict = 409;

function random_key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Acts {
  // By what is asked for.
  private readonly keys = new Map<string, string>();

  key_of(what: string): string {
    const known = this.keys.get(what);
    if (known !== undefined) return known;
    const key = random_key();
    this.keys.set(what, key);
    this.forget_in(kRepeatedMs, key);
    return key;
  }

  // Where no answer came, or only a proxy's, it may have happened: the next one is a retry.
  on_answer(key: string | null, status: number): void {
    if (key === null || status >= 500) return;
    // The key is spent: the server stopped in the middle of the first.
    this.forget_in(status === kConflict ? 0 : kDoubleClickMs, key);
  }

  private forget_in(delay_ms: number, key: string): void {
    setTimeout(() => {
      for (const [what, known] of this.keys) {
        if (known === key) this.keys.delete(what);
      }
    }, delay_ms);
  }
}
