// SPDX-License-Identifier: Apache-2.0
// Where in a JSON text something stands, which JSON.parse does not tell.

const kSpace = /[ \t\n\r]*/y;
const kMark = /[{}[\],:]/;
const kText = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/;
const kOther = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/;
const kToken = new RegExp([kMark, kText, kOther].map(({ source }) => source).join("|"), "y");

type Expected = "value" | "value or end" | "name" | "name or end" | "colon" | "more or end";

export interface JsonLines {
  // Of the first thing that is no JSON; null: all of it is.
  wrong: number | null;
  // Of the objects in the lists of the outermost object, in their order.
  items: number[];
}

// Empty: it is not there.
function match_at(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function is_open(token: string): boolean {
  return token === "{" || token === "[";
}

// Nothing: the token may not stand there.
function next_after(token: string, expected: Expected, inside: string): Expected | null {
  const is_text = token.startsWith('"');
  const is_scalar = is_text || !/^[{}[\],:]$/.test(token);
  switch (expected) {
    case "value":
    case "value or end":
      if (token === "]" && expected === "value or end") return "more or end";
      if (is_open(token)) return token === "{" ? "name or end" : "value or end";
      return is_scalar ? "more or end" : null;
    case "name":
    case "name or end":
      if (token === "}" && expected === "name or end") return "more or end";
      return is_text ? "colon" : null;
    case "colon":
      return token === ":" ? "value" : null;
    case "more or end":
      if (token === ",") return inside === "{" ? "name" : inside === "[" ? "value" : null;
      return token === (inside === "{" ? "}" : "]") && inside !== "" ? "more or end" : null;
  }
}

export function lines_of_json(text: string): JsonLines {
  const items: number[] = [];
  const open: string[] = [];
  let expected: Expected = "value";
  let line = 1;
  let at = 0;
  for (;;) {
    const space = match_at(kSpace, text, at);
    line += space.split("\n").length - 1;
    at += space.length;
    const token = match_at(kToken, text, at);
    if (token === "") {
      const is_whole = at === text.length && open.length === 0 && expected === "more or end";
      return { wrong: is_whole ? null : line, items };
    }
    at += token.length;
    const next = next_after(token, expected, open[open.length - 1] ?? "");
    if (next === null) return { wrong: line, items };
    if (token === "{" && open.join("") === "{[") items.push(line);
    if (is_open(token)) open.push(token);
    if (token === "}" || token === "]") open.pop();
    expected = next;
  }
}
