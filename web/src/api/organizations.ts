// SPDX-License-Identifier: Apache-2.0
// Organizations as wholes, and what belongs to the instance: who may sign up.

import { answer_of, api, versioned } from "./client";
import { change, type Versioned } from "./http";
import type {
  InstanceOrganization,
  Organization,
  SignUpPolicy,
  SignUpPolicyChanges,
} from "./types";

export function read_organization(
  id: string,
  signal: AbortSignal,
): Promise<Versioned<Organization>> {
  const params = { path: { organization_id: id } };
  return versioned(api.GET("/tollgate/organizations/{organization_id}", { params, signal }));
}

export function rename_organization(
  before: Versioned<Organization>,
  name: string,
  csrf_token: string,
): Promise<Organization> {
  const params = { path: { organization_id: before.id } };
  const request = { params, body: { name }, ...change(csrf_token, before) };
  return answer_of(api.POST("/tollgate/organizations/{organization_id}", request));
}

export async function delete_organization(
  id: string,
  confirmation: { name: string; password: string },
  csrf_token: string,
): Promise<void> {
  const params = { path: { organization_id: id } };
  const request = { params, body: confirmation, ...change(csrf_token) };
  await answer_of(api.POST("/tollgate/organizations/{organization_id}/delete", request));
}

export async function list_all_organizations(signal: AbortSignal): Promise<InstanceOrganization[]> {
  const all: InstanceOrganization[] = [];
  let after: string | null = null;
  do {
    const query: { limit: number; after?: string } = { limit: 100, ...(after && { after }) };
    const page = await answer_of(
      api.GET("/tollgate/instance/organizations", { params: { query }, signal }),
    );
    all.push(...page.data);
    after = page.has_more ? page.last_id : null;
  } while (after !== null);
  return all;
}

export function read_sign_up_policy(signal: AbortSignal): Promise<Versioned<SignUpPolicy>> {
  return versioned(api.GET("/tollgate/instance/sign_up", { signal }));
}

export function set_sign_up_policy(
  before: Versioned<SignUpPolicy>,
  wanted: SignUpPolicyChanges,
  csrf_token: string,
): Promise<SignUpPolicy> {
  const request = { body: wanted, ...change(csrf_token, before) };
  return answer_of(api.POST("/tollgate/instance/sign_up", request));
}
