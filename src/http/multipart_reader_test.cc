// SPDX-License-Identifier: Apache-2.0
#include "http/multipart_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tg::http {
namespace {

using Kind = MultipartReader::Kind;

// What a form reads as: "[name|filename|type]body" for each part, or "refused".
std::string read(const std::vector<std::string_view>& pieces) {
  MultipartReader reader{"b0"};
  std::string told;
  for (const auto piece : pieces) {
    reader.feed(piece);
    for (;;) {
      const auto event = reader.next();
      if (!event) return "refused";
      if (event->kind == Kind::kMore) break;
      if (event->kind == Kind::kPart) {
        const auto& part = event->part;
        told += fmt::format("[{}|{}|{}]", part.name, part.filename, part.content_type);
      }
      told += event->data;
    }
  }
  return reader.finish() ? told : "refused";
}

std::string whole(std::string_view form) {
  const auto parts = parse_multipart(form, "b0");
  if (!parts) return "refused";
  std::string told;
  for (const auto& part : *parts) {
    told += fmt::format("[{}|{}|{}]{}", part.name, part.filename, part.content_type, part.body);
  }
  return told;
}

std::string part(std::string_view name, std::string_view body, std::string_view more = {}) {
  return fmt::format("--b0\r\nContent-Disposition: form-data; name=\"{}\"{}\r\n\r\n{}\r\n", name,
                     more, body);
}

const std::vector<std::string> kForms{
    "--b0--",
    "--b0--\r\n",
    "--b0--\r\nx",
    "--b0-",
    "--b",
    "",
    "x--b0--",
    "--b0 \r\n",
    part("model", "whisper-1") + "--b0--\r\n",
    part("file", "\r\n--b\r\n--\r\r\n--b1--b0 x",
         "; filename=\"a.wav\"\r\nContent-Type: audio/wav") +
        part("model", "") + "--b0--",
    part("file", "x\n--b0\r\n") + "--b0--",
    part("file", "x\r--b0\r\n") + "--b0--",
    part("file", "--b0") + "--b0--",
    part("file", "a--b0b--b0cc") + "--b0--",
    part("file", "") + part("file", "\r\n") + "--b0--",
    part("file", "x") + "--b0x--",
    "--b0\r\n\r\nno head\r\n--b0--",
    "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n--b0: x\r\n\r\n\r\n--b0--",
    "--b0\r\nX: " + std::string(9000, 'x') + "\r\n\r\n\r\n--b0--",
};

TEST(MultipartReader, FormCutAnywhereReadsAsTheWholeOne) {
  for (const auto& form : kForms) {
    const auto expected = whole(form);
    std::vector<std::string_view> bytes;
    for (std::size_t cut = 0; cut <= form.size(); ++cut) {
      const std::string_view text{form};
      EXPECT_EQ(read({text.substr(0, cut), text.substr(cut)}), expected) << cut << form;
      if (cut < form.size()) bytes.push_back(text.substr(cut, 1));
    }
    EXPECT_EQ(read(bytes), expected) << form;
  }
}

TEST(MultipartReader, PartsAreBounded) {
  std::string form;
  for (std::size_t i = 0; i < kPartsMax; ++i) form += part("a", "b");
  EXPECT_NE(read({form, "--b0--"}), "refused");
  form += part("a", "b");
  EXPECT_EQ(read({form, "--b0--"}), "refused");
}

TEST(MultipartReader, DataIsToldAsSoonAsItCanBeNothingElse) {
  MultipartReader reader{"b0"};
  reader.feed(part("file", std::string(100'000, 'x')));
  ASSERT_EQ(reader.next()->kind, Kind::kPart);
  const auto event = reader.next();
  ASSERT_EQ(event->kind, Kind::kData);
  EXPECT_GT(event->data.size(), 99'990U);
  EXPECT_EQ(event->offset, part("file", "").size() - 2);
  EXPECT_EQ(reader.next()->kind, Kind::kMore);
}

}  // namespace
}  // namespace tg::http
