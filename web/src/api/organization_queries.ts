// SPDX-License-Identifier: Apache-2.0
// As queries.ts, of projects, people and organizations. All of a project begins with its name, so
// that what changes it may invalidate it at once.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import {
  type AuditFilter,
  list_groups,
  list_invites,
  list_people,
  list_project_people,
  list_projects,
  list_roles,
  list_service_accounts,
  read_audit_log,
  read_departure,
  read_key_policy,
  read_model_permissions,
  read_project,
  read_spend_limit,
} from "./organization";
import { list_all_organizations, read_organization, read_sign_up_policy } from "./organizations";

export const projects_query = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => list_projects(signal),
});

export function project_query(project_id: string) {
  return queryOptions({
    queryKey: ["project", project_id],
    queryFn: ({ signal }) => read_project(project_id, signal),
    staleTime: 0,
  });
}

export function service_accounts_query(project_id: string) {
  return queryOptions({
    queryKey: ["project", project_id, "service_accounts"],
    queryFn: ({ signal }) => list_service_accounts(project_id, signal),
  });
}

export function model_permissions_query(project_id: string) {
  return queryOptions({
    queryKey: ["project", project_id, "model_permissions"],
    queryFn: ({ signal }) => read_model_permissions(project_id, signal),
  });
}

export function spend_limit_query(project_id: string) {
  return queryOptions({
    queryKey: ["project", project_id, "spend_limit"],
    queryFn: ({ signal }) => read_spend_limit(project_id, signal),
  });
}

export function key_policy_query(project_id: string) {
  return queryOptions({
    queryKey: ["project", project_id, "key_policy"],
    queryFn: ({ signal }) => read_key_policy(project_id, signal),
  });
}

export function project_people_query(project_id: string) {
  return queryOptions({
    queryKey: ["project", project_id, "people"],
    queryFn: ({ signal }) => list_project_people(project_id, signal),
  });
}

export function organization_query(id: string) {
  return queryOptions({
    queryKey: ["organization", id],
    queryFn: ({ signal }) => read_organization(id, signal),
  });
}

export const all_organizations_query = queryOptions({
  queryKey: ["instance", "organizations"],
  queryFn: ({ signal }) => list_all_organizations(signal),
});

export const sign_up_policy_query = queryOptions({
  queryKey: ["instance", "sign_up"],
  queryFn: ({ signal }) => read_sign_up_policy(signal),
});

export const people_query = queryOptions({
  queryKey: ["people"],
  queryFn: ({ signal }) => list_people(signal),
});

export function departure_query(user_id: string) {
  return queryOptions({
    queryKey: ["departure", user_id],
    queryFn: ({ signal }) => read_departure(user_id, signal),
    // What is about to be lost must be what is there now.
    staleTime: 0,
    gcTime: 0,
  });
}

export const invites_query = queryOptions({
  queryKey: ["invites"],
  queryFn: ({ signal }) => list_invites(signal),
});

export const groups_query = queryOptions({
  queryKey: ["groups"],
  queryFn: ({ signal }) => list_groups(signal),
});

export const roles_query = queryOptions({
  queryKey: ["roles"],
  queryFn: ({ signal }) => list_roles(signal),
});

export function audit_query(filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ signal, pageParam }) => read_audit_log(filter, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.last_id ?? null) : null),
  });
}
