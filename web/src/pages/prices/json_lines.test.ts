// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { lines_of_json } from "./json_lines";

test("whatever JSON.parse takes or refuses, this does", () => {
  const texts = [
    ...['{"a": [1, -2.5e3, true, null, "\\u00e9\\n"], "b": {}}', "[]", "[[]]", "7", ' "x" ', "{}"],
    ...["", " ", "{", "}", "[1,]", '{"a"}', '{"a":}', '{"a":1,}', "[1 2]", "01", "1.", "tru"],
    ...['{"a":1 "b":2}', '"\\x"', '"a\nb"', "{a:1}", "[}", "{]", "1 1", "[1],", '{"a":1}}', "+1"],
  ];
  for (const text of texts) {
    let is_json = true;
    try {
      JSON.parse(text);
    } catch {
      is_json = false;
    }
    expect(lines_of_json(text).wrong === null, text).toBe(is_json);
  }
});

test("the line of what is wrong, and of each item before it", () => {
  expect(lines_of_json('{"m": [\n {"a": 1},\n {"b": 2}\n {"c": 3}]}')).toEqual({
    wrong: 4,
    items: [2, 3],
  });
  expect(lines_of_json('{"m": [\n {"a": 1}\n').wrong).toBe(3);
});

test("only objects in the outermost object's lists are items", () => {
  const text = '{"x": {"y": [{}]}, "m": [\n[{}], {"p": [{}, {}]},\n{}]}';
  expect(lines_of_json(text).items).toEqual([2, 3]);
});
