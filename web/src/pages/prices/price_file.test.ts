// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { ApiError } from "../../api/errors";
import type { ModelPrices } from "../../api/types";
import { is_problem, parse_price_file, type PriceFile, problems_of } from "./price_file";

function file_of(models: string[]): PriceFile {
  const read = parse_price_file(`{"currency": "USD",\n "models": [\n${models.join(",\n")}]}`);
  if (is_problem(read)) throw new Error(read.message);
  return read;
}

// As the server does: refuses the first that is wrong, and what stands there twice.
function server() {
  let asked = 0;
  const check = async (models: ModelPrices[]) => {
    ++asked;
    const wrong = models.find(({ model }) => model.startsWith("wrong"));
    if (wrong) throw new ApiError(`Nothing was imported. ${wrong.model}: no.`, 400);
    if (new Set(models.map(({ model }) => model)).size < models.length) {
      throw new ApiError("Nothing was imported. One stands there twice.", 400);
    }
    return [];
  };
  return { check, count: () => asked };
}

test("each model has the line on which it begins", () => {
  const file = file_of([
    '{"model": "a", "prices": [{"unit": "x"},\n{"unit": "y"}]}',
    '{"model": "b{[\\"", "reason": "]"}',
    '{"model": "c"}',
  ]);
  expect(file.lines).toEqual([3, 5, 6]);
  expect(file.rest).toEqual({ currency: "USD" });
});

test("what is no file of prices is told by its line, where there is one", () => {
  const broken = parse_price_file('{"currency": "USD",\n "models": [}');
  expect(broken).toMatchObject({ line: 2 });
  for (const text of ["[]", "{}", '{"models": []}', '{"models": [7]}', "null"]) {
    const read = parse_price_file(text);
    expect(is_problem(read), text).toBe(true);
  }
});

test("a good file is asked about once", async () => {
  const { check, count } = server();
  const models = Array.from({ length: 100 }, (_, i) => `{"model": "m${i}"}`);
  expect(await problems_of(file_of(models), check)).toEqual([]);
  expect(count()).toBe(1);
});

test("every wrong model is found, by its line", async () => {
  const { check, count } = server();
  const models = Array.from({ length: 100 }, (_, i) =>
    i === 7 || i === 99 ? `{"model": "wrong${i}"}` : `{"model": "m${i}"}`,
  );
  expect(await problems_of(file_of(models), check)).toEqual([
    { line: 10, message: "wrong7: no." },
    { line: 102, message: "wrong99: no." },
  ]);
  expect(count()).toBeLessThan(40);
});

test("more than twenty are not looked for", async () => {
  const models = Array.from({ length: 64 }, (_, i) => `{"model": "wrong${i}"}`);
  expect(await problems_of(file_of(models), server().check)).toHaveLength(20);
});

test("what is wrong only together is told, too", async () => {
  const problems = await problems_of(file_of(['{"model": "a"}', '{"model": "a"}']), server().check);
  expect(problems).toEqual([{ line: 4, message: "One stands there twice." }]);
});

test("a server that fails is no problem of the file", async () => {
  const check = async () => {
    throw new ApiError("no answer", 0);
  };
  await expect(problems_of(file_of(['{"model": "a"}']), check)).rejects.toThrow("no answer");
});
