// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";

import { describe_scopes, included_by, permissions_of, scopes_of } from "./permissions_form";

test("whoever chooses Chat or Responses gets model requests", () => {
  for (const ability of ["chat", "responses"] as const) {
    const { scopes } = scopes_of({ permissions: "restricted", abilities: [ability] });
    expect(scopes).toContain("api.model.request");
  }
  expect(scopes_of({ permissions: "restricted", abilities: ["chat", "responses"] })).toEqual({
    scopes: ["api.model.request", "api.responses.write"],
  });
});

test("what a choice opens besides is shown as chosen", () => {
  expect(included_by("images", ["chat"])).toBe(true);
  expect(included_by("audio", ["responses"])).toBe(true);
  expect(included_by("chat", ["responses"])).toBe(true);
  expect(included_by("models", ["images"])).toBe(true);
  expect(included_by("chat", ["images", "audio"])).toBe(false);
  expect(included_by("chat", ["chat"])).toBe(false);
  expect(included_by("files_read", ["files"])).toBe(true);
  expect(included_by("files", ["chat", "responses"])).toBe(false);
  expect(included_by("models", ["files"])).toBe(false);
});

test("the presets are OpenAI's", () => {
  expect(scopes_of({ permissions: "all", abilities: ["chat"] })).toEqual({ preset: "all" });
  expect(scopes_of({ permissions: "read_only", abilities: [] })).toEqual({ preset: "read_only" });
  expect(permissions_of([]).permissions).toBe("all");
  expect(permissions_of(["api.all.read"]).permissions).toBe("read_only");
});

test("a key's scopes are read back, with and without their prefix", () => {
  expect(permissions_of(["model.audio.request", "api.model.read"])).toEqual({
    permissions: "restricted",
    abilities: ["audio", "models"],
  });
  expect(permissions_of(["api.model.request"]).abilities).toEqual(["chat"]);
  expect(permissions_of(["api.files.write"]).abilities).toEqual(["files"]);
  expect(describe_scopes(["model.request"])).toBe("api.model.request");
  expect(describe_scopes([])).toBe("All");
});
