// SPDX-License-Identifier: Apache-2.0
// A file of prices (docs/prices.md), read so that what is wrong with it is told by its line.

import { ApiError } from "../../api/errors";
import type { ModelPrices, PriceDecision } from "../../api/types";
import { lines_of_json } from "./json_lines";

export interface FileProblem {
  // Null: of the file as a whole.
  line: number | null;
  message: string;
}

export interface PriceFile {
  // All of it but the models.
  rest: Record<string, unknown>;
  models: ModelPrices[];
  // Where each of them begins.
  lines: number[];
}

export const kModelsMax = 1_000;
export const kFileBytesMax = 4 * 1_024 * 1_024;
// More would be read by nobody.
const kProblemsMax = 20;

function is_object(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parse_price_file(text: string): PriceFile | FileProblem {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : "not readable";
    return { line: lines_of_json(text).wrong, message: `This is no JSON: ${message}` };
  }
  if (!is_object(document) || !Array.isArray(document["models"])) {
    return { line: null, message: 'A file of prices is {"currency": "USD", "models": [ … ]}.' };
  }
  const { models, ...rest } = document;
  const list = models as unknown[];
  if (list.length === 0 || list.length > kModelsMax) {
    return { line: null, message: "There are 1 to 1,000 models in a file." };
  }
  const lines = lines_of_json(text).items;
  const wrong = list.findIndex((model) => !is_object(model));
  if (wrong >= 0) return { line: null, message: `Model ${wrong + 1} of the file is no object.` };
  return { rest, models: list as ModelPrices[], lines };
}

export function is_problem(read: PriceFile | FileProblem): read is FileProblem {
  return "message" in read;
}

// What the server says of one model, without what is said of all.
function words_of(error: ApiError): string {
  return error.message.replace(/^Nothing was imported\. /, "");
}

type Check = (models: ModelPrices[]) => Promise<PriceDecision[]>;

// What is wrong with each of the models. The server names the first; halves of the file, and halves
// of what of them is refused, lead to all of them.
export async function problems_of(file: PriceFile, check: Check): Promise<FileProblem[]> {
  const problems: FileProblem[] = [];
  const look = async (from: number, to: number): Promise<void> => {
    if (problems.length >= kProblemsMax) return;
    try {
      await check(file.models.slice(from, to));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 0 || error.status >= 500) throw error;
      if (to - from === 1) {
        problems.push({ line: file.lines[from] ?? null, message: words_of(error) });
        return;
      }
      const found = problems.length;
      const middle = Math.floor((from + to) / 2);
      await look(from, middle);
      await look(middle, to);
      // Each of them would be taken, but not with the others: one stands there twice.
      if (problems.length === found) {
        problems.push({ line: file.lines[middle] ?? null, message: words_of(error) });
      }
    }
  };
  await look(0, file.models.length);
  return problems;
}
