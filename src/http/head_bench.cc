// SPDX-License-Identifier: Apache-2.0
#include "http/head.h"

#include <benchmark/benchmark.h>

#include <string>

#include "http/body.h"
#include "http/multipart.h"
#include "http/sse.h"

namespace tg::http {
namespace {

// What the OpenAI SDK for Python sends.
constexpr std::string_view kRequest =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway.example.com\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nAccept: application/json\r\n"
    "Content-Type: application/json\r\nUser-Agent: OpenAI/Python 1.109.1\r\n"
    "X-Stainless-Lang: python\r\nX-Stainless-Package-Version: 1.109.1\r\n"
    "X-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\n"
    "X-Stainless-Runtime-Version: 3.11.2\r\nAuthorization: Bearer "
    "sk-tg-0123456789abcdef0123456789abcdef0123456789abcdef\r\nX-Stainless-Async: false\r\n"
    "x-stainless-retry-count: 0\r\nx-stainless-read-timeout: 600\r\nContent-Length: 240\r\n\r\n";

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 07:18:11 GMT\r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n"
    "Connection: keep-alive\r\nopenai-processing-ms: 312\r\nopenai-version: 2020-10-01\r\n"
    "x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n"
    "x-request-id: req_0123456789abcdef0123456789abcdef\r\n\r\n";

constexpr std::string_view kEvent =
    "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,"
    "\"model\":\"gpt-5\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},"
    "\"finish_reason\":null}],\"usage\":null}\n\n";

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void request_head(benchmark::State& state) {
  RequestHead head;
  for (auto _ : state) benchmark::DoNotOptimize(parse_request_head(kRequest, head));
  count_bytes(state, kRequest.size());
}
BENCHMARK(request_head);

void response_head(benchmark::State& state) {
  ResponseHead head;
  for (auto _ : state) benchmark::DoNotOptimize(parse_response_head(kAnswer, "POST", head));
  count_bytes(state, kAnswer.size());
}
BENCHMARK(response_head);

// Chunks of one event each, as providers send them.
void chunked_body(benchmark::State& state) {
  std::string body;
  for (int count = 0; count < 50; ++count) append_chunk(body, kEvent);
  body += kLastChunk;
  for (auto _ : state) {
    BodyDecoder decoder{Framing::kChunked, 0};
    for (std::string_view input = body; !decoder.done();) {
      const auto step = decoder.next(input);
      benchmark::DoNotOptimize(step->data);
      input.remove_prefix(step->consumed);
    }
  }
  count_bytes(state, body.size());
}
BENCHMARK(chunked_body);

void split_events(benchmark::State& state, std::size_t piece_bytes) {
  std::string stream;
  for (int count = 0; count < 50; ++count) stream += kEvent;
  for (auto _ : state) {
    SseSplitter splitter;
    for (std::size_t at = 0; at < stream.size(); at += piece_bytes) {
      benchmark::DoNotOptimize(splitter.feed(std::string_view{stream}.substr(at, piece_bytes)));
      for (SseEvent event; splitter.next(event);) benchmark::DoNotOptimize(event);
    }
  }
  count_bytes(state, stream.size());
}
BENCHMARK_CAPTURE(split_events, whole, 16 * 1024);
BENCHMARK_CAPTURE(split_events, cut, 100);

void rewrite_upload(benchmark::State& state) {
  std::string body =
      "--b0\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
      "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n"
      "Content-Type: audio/mpeg\r\n\r\n";
  body.append(static_cast<std::size_t>(state.range(0)), '-').append("\r\n--b0--\r\n");
  for (auto _ : state) benchmark::DoNotOptimize(rewrite_field(body, "b0", "model", "whisper-2"));
  count_bytes(state, body.size());
}
BENCHMARK(rewrite_upload)->Arg(1 << 20);

}  // namespace
}  // namespace tg::http

BENCHMARK_MAIN();
