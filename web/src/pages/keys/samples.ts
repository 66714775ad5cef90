// SPDX-License-Identifier: Apache-2.0
// What to paste for a first call. Any OpenAI client reads these variables.

export function environment_lines(key: string, origin: string): string {
  return [
    `export OPENAI_API_KEY=${key}`,
    `export OPENAI_BASE_URL=${origin}/v1`,
    `export OPENAI_API_BASE=${origin}/v1  # openai for Python before 1.0`,
  ].join("\n");
}

const kModel = "gpt-5-mini";

export interface Sample {
  name: string;
  text: string;
}

export function first_call_samples(): Sample[] {
  return [
    { name: "curl", text: curl_sample() },
    { name: "Python", text: python_sample() },
    { name: "Node", text: node_sample() },
  ];
}

function curl_sample(): string {
  return `curl "$OPENAI_BASE_URL/chat/completions" \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${kModel}", "messages": [{"role": "user", "content": "Hello!"}]}'`;
}

function python_sample(): string {
  return `# pip install openai
from openai import OpenAI

answer = OpenAI().chat.completions.create(
    model="${kModel}",
    messages=[{"role": "user", "content": "Hello!"}],
)
print(answer.choices[0].message.content)`;
}

function node_sample(): string {
  return `// npm install openai
import OpenAI from "openai";

const answer = await new OpenAI().chat.completions.create({
  model: "${kModel}",
  messages: [{ role: "user", content: "Hello!" }],
});
console.log(answer.choices[0].message.content);`;
}
