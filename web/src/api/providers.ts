// SPDX-License-Identifier: Apache-2.0
// Where calls go: providers, successors, default models, paths at a flat price.

import { answer_of, api } from "./client";
import { change } from "./http";
import type {
  AddedProvider,
  NewProvider,
  OpenedPath,
  Provider,
  ProviderChange,
  Routes,
} from "./types";

export async function list_providers(signal: AbortSignal): Promise<Provider[]> {
  return (await answer_of(api.GET("/tollgate/providers", { signal }))).data;
}

export function add_provider(provider: NewProvider, csrf_token: string): Promise<AddedProvider> {
  return answer_of(api.POST("/tollgate/providers", { body: provider, ...change(csrf_token) }));
}

export function update_provider(
  provider: string,
  changes: ProviderChange,
  csrf_token: string,
): Promise<AddedProvider> {
  const request = { params: { path: { provider } }, body: changes, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/providers/{provider}", request));
}

export function keep_objects(provider: string, csrf_token: string): Promise<Provider> {
  const params = { path: { provider } };
  return answer_of(
    api.POST("/tollgate/providers/{provider}/keep_objects", { params, ...change(csrf_token) }),
  );
}

export function read_routes(signal: AbortSignal): Promise<Routes> {
  return answer_of(api.GET("/tollgate/routes", { signal }));
}

export function set_successor(
  retired: string,
  successor: string,
  csrf_token: string,
): Promise<Routes> {
  const request = { body: { retired, successor }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/routes/successors", request));
}

export function set_default_model(
  endpoint: string,
  model: string,
  csrf_token: string,
): Promise<Routes> {
  const request = { body: { endpoint, model }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/routes/default_models", request));
}

export function open_path(
  method: OpenedPath["method"],
  path: string,
  price_usd: string,
  csrf_token: string,
): Promise<Routes> {
  const request = { body: { method, path, price_usd }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/routes/opened_paths", request));
}

export function close_path(
  method: OpenedPath["method"],
  path: string,
  csrf_token: string,
): Promise<Routes> {
  const request = { body: { method, path }, ...change(csrf_token) };
  return answer_of(api.POST("/tollgate/routes/opened_paths", request));
}
