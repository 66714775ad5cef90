// SPDX-License-Identifier: Apache-2.0
// An answer that is not 2xx, in OpenAI's form, as an Error whose message a person can read.

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    message: string,
    // 0: no answer came at all.
    readonly status: number,
    readonly type: string | null = null,
    readonly code: string | null = null,
    readonly param: string | null = null,
  ) {
    super(message);
  }
}

function text_or_null(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

const kPreconditionFailed = 412;

const kCollision =
  "Somebody else has changed this since you opened it, so nothing was saved. Look at what it is " +
  "now, then make your change again.";

// Of a change that was made from what is not there any more.
export function is_collision(error: unknown): boolean {
  return error instanceof ApiError && error.status === kPreconditionFailed;
}

const kConflict = 409;

// Of what looks like a slip: it is done once it is confirmed.
export function asks_to_confirm(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const { status, param } = error;
  return param === "confirm" || (status === kConflict && param === "from");
}

// Reads {"error":{"message","type","param","code"}}. A proxy in front of Tollgate may answer in its
// own words; then the status is all there is to say.
export function api_error_from(status: number, body: unknown): ApiError {
  const error =
    typeof body === "object" && body !== null && "error" in body ? body.error : null;
  const fields = typeof error === "object" && error !== null ? error : {};
  const field = (name: string) => text_or_null((fields as Record<string, unknown>)[name]);
  const told = field("message") ?? `Tollgate answered with status ${status}.`;
  const message = status === kPreconditionFailed ? kCollision : told;
  return new ApiError(message, status, field("type"), field("code"), field("param"));
}

export function message_of(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}
