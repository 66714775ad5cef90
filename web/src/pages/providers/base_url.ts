// SPDX-License-Identifier: Apache-2.0
export function base_url_problem(text: string): string | null {
  const is_http = /^https?:\/\//.test(text) && URL.canParse(text);
  return is_http ? null : "An address such as https://api.openai.com/v1.";
}
