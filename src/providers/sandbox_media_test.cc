// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstring>

#include "base/encoding.h"
#include "providers/sandbox.h"
#include "providers/sandbox_testing.h"
#include "tokens/audio_duration.h"

namespace tg::providers {
namespace {

TEST(SandboxEmbeddings, AreUnitVectorsThatFollowFromTheText) {
  const auto body = json_of(ask(Endpoint::kEmbeddings, {{"model", "text-embedding-3-small"},
                                                        {"input", {"one", "two", "one"}}}));
  ASSERT_EQ(body["data"].size(), 3U);
  EXPECT_EQ(body["data"][0]["embedding"], body["data"][2]["embedding"]);
  EXPECT_NE(body["data"][0]["embedding"], body["data"][1]["embedding"]);
  EXPECT_EQ(body["data"][0]["embedding"].size(), 1536U);
  double square_sum = 0;
  for (const double value : body["data"][0]["embedding"]) square_sum += value * value;
  EXPECT_NEAR(square_sum, 1, 1e-5);
  EXPECT_EQ(body["usage"]["prompt_tokens"], 3);
}

TEST(SandboxEmbeddings, AreTheSameInBase64) {
  Json request{{"model", "m"}, {"input", "one"}, {"dimensions", 8}};
  const auto floats = json_of(ask(Endpoint::kEmbeddings, request))["data"][0]["embedding"];
  request["encoding_format"] = "base64";
  const auto text = json_of(ask(Endpoint::kEmbeddings, request))["data"][0]["embedding"];
  const auto bytes = from_base64(text.get<std::string>());
  ASSERT_TRUE(bytes);
  std::array<float, 8> decoded{};
  ASSERT_EQ(bytes->size(), sizeof decoded);
  std::memcpy(decoded.data(), bytes->data(), sizeof decoded);
  for (std::size_t i = 0; i < decoded.size(); ++i) EXPECT_EQ(floats[i].get<float>(), decoded[i]);
}

TEST(SandboxEmbeddings, TakeTokensInsteadOfText) {
  EXPECT_EQ(
      json_of(ask(Endpoint::kEmbeddings, {{"model", "m"}, {"input", {1, 2, 3}}}))["data"].size(),
      1U);
  const auto body =
      json_of(ask(Endpoint::kEmbeddings, {{"model", "m"}, {"input", {{1, 2}, {3, 4, 5}}}}));
  EXPECT_EQ(body["data"].size(), 2U);
  EXPECT_EQ(body["usage"]["total_tokens"], 5);
}

TEST(SandboxModerations, FlagNothingAndAnswerEachText) {
  const auto body = json_of(
      ask(Endpoint::kModerations, {{"model", "omni-moderation-latest"}, {"input", {"a", "b"}}}));
  ASSERT_EQ(body["results"].size(), 2U);
  EXPECT_EQ(body["results"][0]["flagged"], false);
  EXPECT_EQ(body["results"][0]["categories"].size(), 13U);
}

// Width and height from a PNG whose every chunk has the right check sum and whose pixels inflate.
std::pair<std::uint32_t, std::uint32_t> png_size(std::string_view png) {
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(png[at + i]);
    return value;
  };
  EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1A\n"));
  const std::pair size{number(16), number(20)};
  std::size_t at = 8;
  while (at < png.size()) {
    const std::size_t data_size = number(at);
    EXPECT_EQ(number(at + 8 + data_size), crc32(png.substr(at + 4, data_size + 4)));
    if (png.substr(at + 4, 4) == "IDAT") {
      std::string pixels(size.second * ((size.first + 7) / 8 + 1), '\0');
      auto pixel_bytes = static_cast<uLongf>(pixels.size());
      EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(pixels.data()), &pixel_bytes,
                           reinterpret_cast<const Bytef*>(png.data() + at + 8), data_size),
                Z_OK);
      EXPECT_EQ(pixel_bytes, pixels.size());
    }
    at += data_size + 12;
  }
  EXPECT_EQ(at, png.size());
  return size;
}

TEST(SandboxImages, AreRealPicturesOfTheSizeAskedFor) {
  const auto body = json_of(
      ask(Endpoint::kImageGenerations,
          {{"model", "gpt-image-2"}, {"prompt", "A cat"}, {"size", "1536x1024"}, {"n", 2}}));
  ASSERT_EQ(body["data"].size(), 2U);
  const auto png = from_base64(body["data"][0]["b64_json"].get<std::string>());
  ASSERT_TRUE(png);
  EXPECT_EQ(png_size(*png), std::pair(1536U, 1024U));
  EXPECT_LT(png->size(), 20'000U);
  EXPECT_NE(body["data"][0], body["data"][1]);
  EXPECT_EQ(body["usage"]["output_tokens"], 2 * 1584);
}

TEST(SandboxImages, AreAnAddressForOldProgramsAndWhereAskedFor) {
  for (const auto& request :
       {Json{{"prompt", "A cat"}},
        Json{{"model", "gpt-image-2"}, {"prompt", "x"}, {"response_format", "url"}}}) {
    const auto url = json_of(ask(Endpoint::kImageGenerations, request))["data"][0]["url"];
    constexpr std::string_view kHead = "data:image/png;base64,";
    ASSERT_TRUE(url.get<std::string>().starts_with(kHead));
    const auto png = from_base64(url.get<std::string>().substr(kHead.size()));
    EXPECT_EQ(png_size(*png), std::pair(1024U, 1024U));
  }
}

TEST(SandboxImages, TakeNonsensicalSizesForTheUsualOne) {
  for (const auto* size : {"auto", "x", "0x0", "99999x1", "10x", "1x1x1"}) {
    const auto body = json_of(ask(Endpoint::kImageGenerations,
                                  {{"model", "gpt-image-2"}, {"prompt", "A"}, {"size", size}}));
    EXPECT_EQ(png_size(*from_base64(body["data"][0]["b64_json"].get<std::string>())),
              std::pair(1024U, 1024U));
  }
  const auto tiny = json_of(ask(Endpoint::kImageGenerations,
                                {{"model", "gpt-image-2"}, {"prompt", "A"}, {"size", "1x3"}}));
  EXPECT_EQ(png_size(*from_base64(tiny["data"][0]["b64_json"].get<std::string>())),
            std::pair(1U, 3U));
}

TEST(SandboxImages, EditsAndVariationsTakeForms) {
  for (const auto endpoint : {Endpoint::kImageEdits, Endpoint::kImageVariations}) {
    const auto body = json_of(ask_form(
        endpoint,
        {{"model", "gpt-image-2"}, {"prompt", "A"}, {"n", "2"}, {"image", "png", "image"}}));
    EXPECT_EQ(body["data"].size(), 2U);
    EXPECT_EQ(body["usage"]["input_tokens_details"]["image_tokens"], 323);
    EXPECT_EQ(ask_form(endpoint, {{"prompt", "A"}}).status, 400);
  }
}

TEST(SandboxImages, StreamTheFinishedPicture) {
  const auto events = events_of(ask(Endpoint::kImageGenerations,
                                    {{"model", "gpt-image-2"}, {"prompt", "A"}, {"stream", true}}));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "image_generation.completed");
  EXPECT_EQ(events[0]["usage"]["output_tokens"], 1056);
}

TEST(SandboxSpeech, IsAWavWhoseLengthFollowsTheText) {
  const auto short_one = ask(Endpoint::kSpeech, {{"model", "tts-1"},
                                                 {"input", "Hello there"},
                                                 {"voice", "alloy"},
                                                 {"response_format", "mp3"}});
  EXPECT_EQ(short_one.content_type, "audio/wav");
  EXPECT_EQ(tokens::audio_format(bytes_of(short_one)), "wav");
  EXPECT_EQ(tokens::audio_milliseconds(bytes_of(short_one)), 660);
  const auto long_one =
      ask(Endpoint::kSpeech, {{"model", "tts-1"}, {"input", std::string(5'000, 'a')}});
  EXPECT_EQ(tokens::audio_milliseconds(bytes_of(long_one)), 60'000);
}

TEST(SandboxTranscription, SaysWhatItReceived) {
  const auto wav = shortest_wav();
  const auto body = json_of(
      ask_form(Endpoint::kTranscriptions, {{"model", "whisper-1"}, {"file", wav, "a.wav"}}));
  EXPECT_EQ(body["text"], fmt::format("This is Tollgate's sandbox: no model was called. It "
                                      "received wav audio of 0.200 seconds ({} bytes).",
                                      wav.size()));
  EXPECT_EQ(body["usage"]["type"], "duration");
  EXPECT_EQ(body["usage"]["seconds"], 1);
}

TEST(SandboxTranscription, CountsTokensForModelsThatAreChargedSo) {
  const auto body = json_of(ask_form(
      Endpoint::kTranscriptions, {{"model", "gpt-4o-transcribe"}, {"file", shortest_wav(), "a"}}));
  EXPECT_EQ(body["usage"]["type"], "tokens");
  EXPECT_EQ(body["usage"]["input_token_details"]["audio_tokens"], 2);
}

TEST(SandboxTranscription, WritesEachFormat) {
  const auto in = [](const char* format) {
    return ask_form(
        Endpoint::kTranscriptions,
        {{"model", "whisper-1"}, {"response_format", format}, {"file", shortest_wav(), "a.wav"}});
  };
  EXPECT_TRUE(bytes_of(in("text")).ends_with("bytes).\n"));
  EXPECT_TRUE(in("text").content_type.starts_with("text/plain"));
  EXPECT_TRUE(bytes_of(in("srt")).starts_with("1\n00:00:00,000 --> 00:00:00,200\n"));
  EXPECT_TRUE(bytes_of(in("vtt")).starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:00.200\n"));
  const auto verbose = json_of(in("verbose_json"));
  EXPECT_EQ(verbose["duration"], 0.2);
  EXPECT_EQ(verbose["segments"].size(), 1U);
}

TEST(SandboxTranscription, AdmitsThatItDoesNotKnowTheFormat) {
  const auto body =
      json_of(ask_form(Endpoint::kTranslations, {{"model", "whisper-1"}, {"file", "noise", "a"}}));
  EXPECT_TRUE(body["text"].get<std::string>().contains("unknown audio of unknown length"));
}

TEST(SandboxTranscription, RefusesFormsThatAreNone) {
  EXPECT_EQ(ask_form(Endpoint::kTranscriptions, {{"model", "whisper-1"}}).status, 400);
  const openai::RequestPeek peek;
  const auto refused = answer({.endpoint = Endpoint::kTranscriptions,
                               .path = {},
                               .content_type = "text/plain",
                               .body = "x",
                               .peek = peek});
  EXPECT_EQ(refused.status, 400);
}

}  // namespace
}  // namespace tg::providers
