// SPDX-License-Identifier: Apache-2.0
// Certificates by which calls are let in (mutual TLS), through OpenAI's Admin API.

import { queryOptions } from "@tanstack/react-query";

import type { Page } from "./organization_types";
import { create_v1, request_v1 } from "./plain";

export interface Certificate {
  id: string;
  name: string | null;
  created_at: number;
  certificate_details: { valid_at: number; expires_at: number };
  // In the place that was asked about.
  active: boolean;
}

// Where one is active: in a project, or (null) in all of them.
export type CertificatePlace = string | null;

// All that an organization can have.
const kPageItems = 100;

function path_in(place: CertificatePlace): string {
  if (place === null) return "organization/certificates";
  return `organization/projects/${encodeURIComponent(place)}/certificates`;
}

async function list_certificates(
  place: CertificatePlace,
  signal: AbortSignal,
): Promise<Certificate[]> {
  const path = `${path_in(place)}?limit=${kPageItems}&order=asc`;
  return (await request_v1<Page<Certificate>>(path, { signal })).data;
}

// Whatever changes one may invalidate ["certificates"], in all places.
export function certificates_query(place: CertificatePlace) {
  return queryOptions({
    queryKey: ["certificates", place],
    queryFn: ({ signal }) => list_certificates(place, signal),
  });
}

export function upload_certificate(
  name: string,
  certificate: string,
  csrf_token: string,
): Promise<unknown> {
  const body = name === "" ? { certificate } : { name, certificate };
  return create_v1(path_in(null), body, csrf_token);
}

export function switch_certificate(
  place: CertificatePlace,
  id: string,
  active: boolean,
  csrf_token: string,
): Promise<unknown> {
  const path = `${path_in(place)}/${active ? "activate" : "deactivate"}`;
  return request_v1(path, { method: "POST", body: { certificate_ids: [id] }, csrf_token });
}

export function delete_certificate(id: string, csrf_token: string): Promise<unknown> {
  const path = `${path_in(null)}/${encodeURIComponent(id)}`;
  return request_v1(path, { method: "DELETE", csrf_token });
}
