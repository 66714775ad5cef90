// SPDX-License-Identifier: Apache-2.0
// Where in a JSON text something stands, which JSON.parse does not tell.

const kToken =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

type Expected = "value" | "value or end" | "name" | "name or end" | "colon" | "more or end";

export interface JsonLines {
  // Of the first thing that is no JSON; null: all of it is.
  wrong: number | null;
  // Of the objects in the lists of the outermost object, in their order.
  items: number[];
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
    kToken.lastIndex = at;
    const found = kToken.exec(text);
    const token = found?.[1] ?? found?.[2] ?? found?.[3];
    if (token === undefined) {
      const rest = /[ \t\n\r]*/y;
      rest.lastIndex = at;
      const space = rest.exec(text)?.[0] ?? "";
      const is_over = at + space.length === text.length && expected === "more or end";
      line += space.split("\n").length - 1;
      return { wrong: is_over && open.length === 0 ? null : line, items };
    }
    line += (found?.[0] ?? "").split("\n").length - 1;
    const next = next_after(token, expected, open[open.length - 1] ?? "");
    if (next === null) return { wrong: line, items };
    if (token === "{" && open.join("") === "{[") items.push(line);
    if (is_open(token)) open.push(token);
    if (token === "}" || token === "]") open.pop();
    expected = next;
    at = kToken.lastIndex;
  }
}
