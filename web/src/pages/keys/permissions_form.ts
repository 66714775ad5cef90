// SPDX-License-Identifier: Apache-2.0
// OpenAI's scopes as people choose them: by what they want to call. Chat and Responses need
// model requests, which people forget to ask for; so choosing either includes them, and what they
// open besides is shown as chosen, too.

import type { KeyRestrictions } from "../../api/types";

export type Permissions = "all" | "read_only" | "restricted";
export type Ability =
  | "chat"
  | "responses"
  | "images"
  | "audio"
  | "models"
  | "files"
  | "files_read";

export const kPermissions: { value: Permissions; label: string }[] = [
  { value: "all", label: "All" },
  { value: "read_only", label: "Read only" },
  { value: "restricted", label: "Restricted" },
];

const kModelRequests = "api.model.request";
const kReadAll = "api.all.read";

export const kAbilities: {
  ability: Ability;
  label: string;
  scopes: string[];
}[] = [
  {
    ability: "chat",
    label: "Chat, completions, embeddings, moderations, batches",
    scopes: [kModelRequests],
  },
  {
    ability: "responses",
    label: "Responses, conversations",
    scopes: [kModelRequests, "api.responses.write"],
  },
  { ability: "images", label: "Images", scopes: ["api.model.image.request"] },
  { ability: "audio", label: "Speech and transcription", scopes: ["api.model.audio.request"] },
  { ability: "models", label: "List models", scopes: ["api.model.read"] },
  { ability: "files", label: "Files and uploads", scopes: ["api.files.write"] },
  { ability: "files_read", label: "Read files", scopes: ["api.files.read"] },
];

export interface PermissionFields {
  permissions: Permissions;
  abilities: Ability[];
}

const kOfFiles: Ability[] = ["files", "files_read"];

// Model requests open every endpoint of models; every scope that asks one opens their list. Who may
// change files may read them.
export function included_by(ability: Ability, chosen: Ability[]): boolean {
  if (kOfFiles.includes(ability)) return ability === "files_read" && chosen.includes("files");
  const others = chosen.filter((other) => other !== ability && !kOfFiles.includes(other));
  if (ability === "models") return others.length > 0;
  return others.some((other) => other === "chat" || other === "responses");
}

// As a scope is written in full: OpenAI knows both forms.
function whole_name(scope: string): string {
  return scope.startsWith("api.") ? scope : `api.${scope}`;
}

function ability_is_open(scopes: string[], wanted: string[]): boolean {
  return wanted.some((scope) => scopes.includes(scope));
}

export function permissions_of(scopes: string[]): PermissionFields {
  const names = scopes.map(whole_name);
  if (names.length === 0 || names.includes("api.all")) return { permissions: "all", abilities: [] };
  if (names.every((name) => name === kReadAll)) return { permissions: "read_only", abilities: [] };
  const abilities = kAbilities
    // Model requests alone are chat; Responses adds its own.
    .filter(({ scopes: opened_by }) => ability_is_open(names, opened_by.slice(-1)))
    .map(({ ability }) => ability);
  return { permissions: "restricted", abilities };
}

export function scopes_of({ permissions, abilities }: PermissionFields): KeyRestrictions {
  if (permissions !== "restricted") return { preset: permissions };
  const chosen = kAbilities.filter(({ ability }) => abilities.includes(ability));
  return { scopes: [...new Set(chosen.flatMap(({ scopes }) => scopes))] };
}

// What a key's row and details say.
export function describe_scopes(scopes: string[]): string {
  const { permissions } = permissions_of(scopes);
  if (permissions === "all") return "All";
  if (permissions === "read_only") return "Read only";
  return scopes.map(whole_name).join(", ");
}
