// SPDX-License-Identifier: Apache-2.0
// What programs for the newest openai of npm do: new.mjs CASE. They know Tollgate only through
// OPENAI_API_KEY and OPENAI_BASE_URL. Throws where the answer is not what such a program needs.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(import.meta.dirname, "../node/package.json"));
const { default: OpenAI, toFile } = require("openai");

const client = new OpenAI({ maxRetries: 0, timeout: 20_000 });
const model = "gpt-4.1-mini";
const messages = [{ role: "user", content: "Say hello." }];

function waveFile(seconds) {
  const samples = 16_000 * seconds;
  const file = Buffer.alloc(44 + samples);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(8000, 24);
  file.writeUInt32LE(16_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(samples, 40);
  return file;
}

const cases = {
  async chat() {
    const answer = await client.chat.completions.create({ model, messages });
    assert.ok(answer.choices[0].message.content);
    assert.ok(answer.usage.total_tokens > 0);
    assert.ok(answer._request_id);
  },
  async chat_stream() {
    let text = "";
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    for await (const chunk of stream) {
      text += chunk.choices[0].delta.content ?? "";
    }
    assert.ok(text);
  },
  async chat_stream_helper() {
    const stream = client.chat.completions.stream({ model, messages });
    assert.ok((await stream.finalChatCompletion()).choices[0].message.content);
  },
  async responses() {
    const answer = await client.responses.create({ model, input: "Say hello." });
    assert.ok(answer.output_text);
  },
  async responses_stream() {
    const types = [];
    const stream = await client.responses.create({ model, input: "hello", stream: true });
    for await (const event of stream) {
      types.push(event.type);
    }
    assert.equal(types[0], "response.created");
    assert.equal(types.at(-1), "response.completed");
  },
  async responses_stream_helper() {
    const stream = client.responses.stream({ model, input: "hello" });
    assert.ok((await stream.finalResponse()).output_text);
  },
  async embeddings() {
    const request = { model: "text-embedding-3-small", input: "text" };
    const answer = await client.embeddings.create(request);
    const norm = Math.hypot(...answer.data[0].embedding);
    assert.ok(Math.abs(norm - 1) < 0.01, `norm ${norm}`);
  },
  async image() {
    const answer = await client.images.generate({ model: "gpt-image-2", prompt: "a cat" });
    assert.equal(Buffer.from(answer.data[0].b64_json, "base64").toString("latin1", 1, 4), "PNG");
  },
  async speech() {
    const answer = await client.audio.speech.create({
      model: "tts-1", voice: "alloy", input: "Hello.", response_format: "wav",
    });
    assert.equal(Buffer.from(await answer.arrayBuffer()).toString("latin1", 0, 4), "RIFF");
  },
  // Node puts `file` before `model` in the form: the gateway has to look past the whole file.
  async transcription() {
    const file = await toFile(waveFile(2), "speech.wav");
    const answer = await client.audio.transcriptions.create({ file, model: "whisper-1" });
    assert.ok(answer.text);
  },
  async models() {
    const models = [];
    for await (const listed of client.models.list()) models.push(listed.id);
    assert.ok(models.length > 0);
  },
  async wrong_key() {
    const stranger = new OpenAI({ apiKey: "sk-tg-proj-wrong" });
    await assert.rejects(stranger.models.list(), (error) => {
      assert.ok(error instanceof OpenAI.AuthenticationError);
      assert.equal(error.code, "invalid_api_key");
      return true;
    });
  },
};

await cases[process.argv[2]]();
