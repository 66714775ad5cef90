// SPDX-License-Identifier: Apache-2.0
#include "http/multipart.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tg::http {
namespace {

using namespace std::string_literals;

constexpr std::string_view kBoundary = "----b0";

std::string text_part(std::string_view name, std::string_view value) {
  return "------b0\r\nContent-Disposition: form-data; name=\"" + std::string{name} + "\"\r\n\r\n" +
         std::string{value} + "\r\n";
}

std::string file_part(std::string_view name, std::string_view bytes) {
  return "------b0\r\nContent-Disposition: form-data; name=\"" + std::string{name} +
         "\"; filename=\"a b.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n" + std::string{bytes} +
         "\r\n";
}

const std::string kEnd = "------b0--\r\n";

std::string outcome(std::string_view body, std::string_view boundary = kBoundary) {
  const auto parts = parse_multipart(body, boundary);
  return parts ? std::to_string(parts->size()) : name(parts.error().code);
}

// One part whose head is given.
std::string with_head(std::string_view head) {
  return "------b0\r\n" + std::string{head} + "\r\n\r\nx\r\n" + kEnd;
}

std::string disposition_outcome(std::string_view parameters) {
  return outcome(with_head("Content-Disposition: form-data" + std::string{parameters}));
}

std::string boundary_or_error(std::string_view content_type) {
  const auto boundary = boundary_of(content_type);
  return boundary ? std::string{*boundary} : name(boundary.error().code);
}

TEST(BoundaryOf, IsReadQuotedAndPlainInAnyCase) {
  EXPECT_EQ(boundary_or_error("multipart/form-data; boundary=----b0"), "----b0");
  EXPECT_EQ(boundary_or_error("Multipart/Form-Data;BOUNDARY=\"a b:=?\""), "a b:=?");
  EXPECT_EQ(boundary_or_error("multipart/form-data ; charset=utf-8 ; boundary=x "), "x");
  EXPECT_EQ(boundary_or_error("multipart/form-data; boundary=" + std::string(70, 'x')),
            std::string(70, 'x'));
}

TEST(BoundaryOf, AnythingThatTwoReadersCouldReadInTwoWaysIsRefused) {
  for (const auto& content_type : {"multipart/form-data"s,
                                   "multipart/form-data;"s,
                                   "multipart/mixed; boundary=x"s,
                                   "application/json"s,
                                   ""s,
                                   "multipart/form-data; boundary="s,
                                   "multipart/form-data; boundary=\"\""s,
                                   "multipart/form-data; boundary=\"x"s,
                                   "multipart/form-data; boundary=\"x \""s,
                                   "multipart/form-data; boundary=\"x\\y\""s,
                                   "multipart/form-data; boundary=\"x\"y"s,
                                   "multipart/form-data; boundary=x y"s,
                                   "multipart/form-data; boundary=x; boundary=x"s,
                                   "multipart/form-data; boundary=x, y"s,
                                   "multipart/form-data; boundary =x"s,
                                   "multipart/form-data; boundary= x;"s,
                                   "multipart/form-data; boundary=a;boundary*=b;boundary=c"s,
                                   "multipart/form-data; boundary=a@b"s,
                                   "multipart/form-data boundary=x"s,
                                   "multipart/form-data; boundary=" + std::string(71, 'x')}) {
    EXPECT_EQ(boundary_or_error(content_type), "body_malformed") << content_type;
  }
}

TEST(ParseMultipart, PartsAreViewsIntoTheBody) {
  const std::string body = text_part("model", "whisper-1") + file_part("file", "\0\r\n--x"s) + kEnd;
  const auto parts = parse_multipart(body, kBoundary);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ(parts->at(0).name, "model");
  EXPECT_EQ(parts->at(0).filename, "");
  EXPECT_EQ(parts->at(0).content_type, "");
  EXPECT_EQ(parts->at(0).body, "whisper-1");
  EXPECT_EQ(parts->at(1).name, "file");
  EXPECT_EQ(parts->at(1).filename, "a b.mp3");
  EXPECT_EQ(parts->at(1).content_type, "audio/mpeg");
  EXPECT_EQ(parts->at(1).body, "\0\r\n--x"s);
  EXPECT_EQ(parts->at(1).body.data(), body.data() + body.find('\0'));
}

TEST(ParseMultipart, FormsThatClientsSendAreRead) {
  EXPECT_EQ(outcome(kEnd), "0");
  EXPECT_EQ(outcome("------b0--"), "0");  // without the last CR LF
  EXPECT_EQ(outcome(text_part("a", "") + kEnd), "1");
  EXPECT_EQ(disposition_outcome("; name=a"), "1");
  EXPECT_EQ(disposition_outcome(";name=\"a\" ; filename=\"q\\\"q\""), "1");
  EXPECT_EQ(disposition_outcome("; name=\"a\"; filename=\"b\"; filename*=utf-8''b"), "1");
  EXPECT_EQ(outcome(with_head("content-type: text/plain\r\nContent-Transfer-Encoding: binary\r\n"
                              "CONTENT-DISPOSITION: Form-Data; NAME=\"a\"")),
            "1");
}

TEST(ParseMultipart, FileNameIsGivenAsItStandsBetweenItsQuotes) {
  const std::string body = with_head(
      "Content-Disposition: form-data; name=\"f\"; filename=\"a\\\"b; name=evil\"; "
      "filename*=utf-8''c");
  const auto parts = parse_multipart(body, kBoundary);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->at(0).name, "f");
  EXPECT_EQ(parts->at(0).filename, "a\\\"b; name=evil");
}

TEST(ParseMultipart, DispositionThatTwoReadersCouldReadInTwoWaysIsRefused) {
  for (const std::string_view parameters : {"",
                                            ";",
                                            "; name",
                                            "; name=",
                                            "; name=\"a",
                                            "; name=\"a\\\"",
                                            "; name=\"a\"b",
                                            "; name=a; name=a",
                                            "; name=a; NAME=b",
                                            "; name=a b",
                                            "; name =a",
                                            "; filename=a",
                                            "; name=\"a\\b\"",
                                            "; name=\"a\"; name*=utf-8''b",
                                            "; name*=utf-8''a",
                                            "; name=a; filename=b; filename=c",
                                            "; name=\"a\"\x01",
                                            " name=a",
                                            ", name=a",
                                            "; name=a\nX: y",
                                            "; name=a\rX: y",
                                            "; name=a\r\n ; name=b"}) {
    EXPECT_EQ(disposition_outcome(parameters), "body_malformed") << parameters;
  }
}

TEST(ParseMultipart, HeadThatTwoReadersCouldReadInTwoWaysIsRefused) {
  const auto plain = "Content-Disposition: form-data; name=\"a\""s;
  EXPECT_EQ(outcome(with_head(plain)), "1");
  for (const auto& head :
       {"Content-Type: text/plain"s, "X"s, ": x"s, plain + "\r\n" + plain,
        plain + "\r\nContent-Disposition : form-data; name=\"b\"", plain + "\r\n X: folded",
        plain + "\r\nContent-Type: a/b\r\nContent-Type: a/c",
        plain + "\r\nContent-Transfer-Encoding: base64",
        plain + "\r\nContent-Transfer-Encoding: Quoted-Printable", plain + "\r\n------b0: x",
        plain + "\r\n------b0--", "------b0: x\r\n" + plain, plain + "\r\nX: a\0b"s,
        "Content-Disposition: attachment; name=\"a\""s}) {
    EXPECT_EQ(outcome(with_head(head)), "body_malformed") << head;
  }
}

TEST(ParseMultipart, NothingStandsOutsideTheParts) {
  const std::string good = text_part("a", "b");
  EXPECT_EQ(outcome(good + kEnd), "1");
  for (const auto& body :
       {""s, "\r\n" + good + kEnd, "preamble\r\n" + good + kEnd, good, good + "------b0",
        good + "------b0-", good + "------b0\r\n", good + kEnd + "x", good + kEnd + "\r\n",
        good + "------b0-- \r\n", good + "------b0--\n", good + kEnd + good + kEnd,
        "------b0 \r\n" + good.substr(10) + kEnd, "------b0\n" + good.substr(10) + kEnd,
        "------b0x\r\n" + good.substr(10) + kEnd}) {
    EXPECT_EQ(outcome(body), "body_malformed") << body;
  }
}

TEST(ParseMultipart, DelimiterThatOnlySomeReadersSeeIsRefused) {
  for (const std::string_view data :
       {"x\n------b0", "x\r------b0", "x\r\n------b0x", "x\r\n------b0 ", "------b0",
        "------b0--\r\n", "x\n------b0--\n", "x\r\n------b0-"}) {
    EXPECT_EQ(outcome(text_part("a", data) + kEnd), "body_malformed") << data;
  }
  // In the middle of a line it is data to everyone.
  EXPECT_EQ(outcome(text_part("a", "x------b0") + kEnd), "1");
  EXPECT_EQ(outcome(text_part("a", "\r\n-------b0\r\n ------b0--") + kEnd), "1");
  EXPECT_EQ(outcome(text_part("a", "\r\n------b") + kEnd), "1");
}

TEST(ParseMultipart, EveryBodyThatIsCutShortIsRefused) {
  const std::string body = text_part("model", "m") + file_part("file", "bytes") + "------b0--";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::vector<char> copy(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(outcome({copy.data(), copy.size()}), "body_malformed") << size;
  }
  EXPECT_EQ(outcome(body), "2");
}

TEST(ParseMultipart, LimitsHold) {
  std::string parts;
  for (std::size_t count = 0; count < kPartsMax; ++count) parts += text_part("a", "b");
  EXPECT_EQ(outcome(parts + kEnd), "64");
  EXPECT_EQ(outcome(parts + text_part("a", "b") + kEnd), "body_malformed");

  const auto with_fields = [](std::size_t count) {
    std::string head = "Content-Disposition: form-data; name=a";
    for (std::size_t more = 1; more < count; ++more) head += "\r\nX: y";
    return with_head(head);
  };
  EXPECT_EQ(outcome(with_fields(16)), "1");
  EXPECT_EQ(outcome(with_fields(17)), "body_malformed");

  const auto with_head_bytes = [](std::size_t bytes) {
    const auto plain = "Content-Disposition: form-data; name=a\r\nX: "s;
    return with_head(plain + std::string(bytes - 4 - plain.size(), 'y'));
  };
  EXPECT_EQ(outcome(with_head_bytes(8 * 1024)), "1");
  EXPECT_EQ(outcome(with_head_bytes(8 * 1024 + 1)), "body_malformed");
}

TEST(ParseMultipart, InvalidBoundaryIsRefused) {
  for (const auto& boundary : {""s, "a "s, "a\r\nb"s, "a\"b"s, std::string(71, 'x')}) {
    EXPECT_EQ(outcome("--" + boundary + "--\r\n", boundary), "body_malformed") << boundary;
  }
}

std::string rewritten(std::string_view body, std::string_view name, std::string_view value) {
  const auto out = rewrite_field(body, kBoundary, name, value);
  return out ? *out : tg::name(out.error().code);
}

TEST(RewriteField, ReplacesTheFieldAndNoOtherByte) {
  const auto before = text_part("prompt", "model") + file_part("file", "model=\r\n\r\nm");
  const auto after = text_part("models", "x") + "------b0--";
  EXPECT_EQ(rewritten(before + text_part("model", "old") + after, "model", "new/one"),
            before + text_part("model", "new/one") + after);
  EXPECT_EQ(rewritten(text_part("model", "") + kEnd, "model", "m"), text_part("model", "m") + kEnd);
  EXPECT_EQ(rewritten(text_part("model", "m") + kEnd, "model", ""), text_part("model", "") + kEnd);
}

TEST(RewriteField, AddsAMissingFieldAsTheFirstPart) {
  const auto body = file_part("file", "x") + kEnd;
  EXPECT_EQ(rewritten(body, "model", "m"), text_part("model", "m") + body);
  EXPECT_EQ(rewritten(kEnd, "model", "m"), text_part("model", "m") + kEnd);
}

TEST(RewriteField, RefusesAFieldThatStandsThereTwiceOrIsAFile) {
  const auto one = text_part("model", "m");
  EXPECT_EQ(rewritten(one + one + kEnd, "model", "m"), "body_malformed");
  EXPECT_EQ(rewritten(one + file_part("model", "m") + kEnd, "model", "m"), "body_malformed");
  EXPECT_EQ(rewritten(file_part("model", "m") + kEnd, "model", "m"), "body_malformed");
  EXPECT_EQ(rewritten("no form", "model", "m"), "body_malformed");
}

TEST(RewriteField, RefusesWhatCannotBeWritten) {
  const auto body = text_part("model", "m") + kEnd;
  for (const std::string_view value : {"a\r\nb", "a\n", "a\rb", "--x", "------b0"}) {
    EXPECT_EQ(rewritten(body, "model", value), "field_invalid") << value;
  }
  for (const std::string_view name : {"", "a\"b", "a\\b", "a\nb", "a%22b"}) {
    EXPECT_EQ(rewritten(body, name, "m"), "field_invalid") << name;
  }
}

// A form of random parts, whose data is made of the pieces that parsers stumble over.
std::string random_form(std::mt19937& random, bool with_model) {
  const std::string_view pieces[] = {"\r\n", "--", "----b0", "\r", "\n", "a", "\r\n--", "\r\n\r\n"};
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  const std::size_t count = 1 + below(5);
  const std::size_t model_at = below(count);
  std::string form;
  for (std::size_t at = 0; at < count; ++at) {
    if (with_model && at == model_at) form += text_part("model", "old");
    std::string data;
    for (std::size_t more = below(6); more > 0; --more) data += pieces[below(std::size(pieces))];
    form += below(2) == 0 ? text_part("p" + std::to_string(at), data) : file_part("file", data);
  }
  return form + kEnd;
}

TEST(RewriteField, RewrittenFormIsTheOriginalButForTheField) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random{seed};
  int forms = 0;
  for (int round = 0; round < 4000; ++round) {
    const bool with_model = random() % 2 == 0;
    const std::string form = random_form(random, with_model);
    const auto parts = parse_multipart(form, kBoundary);
    if (!parts) continue;  // the pieces made a delimiter
    ++forms;
    const std::string out = rewritten(form, "model", "new");
    const auto again = parse_multipart(out, kBoundary);
    ASSERT_TRUE(again) << out;
    ASSERT_EQ(again->size(), parts->size() + (with_model ? 0 : 1)) << out;
    const std::size_t added = with_model ? 0 : 1;
    if (!with_model) EXPECT_EQ(again->front().body, "new");
    for (std::size_t at = 0; at < parts->size(); ++at) {
      const Part& before = parts->at(at);
      const Part& after = again->at(at + added);
      EXPECT_EQ(after.name, before.name);
      EXPECT_EQ(after.filename, before.filename);
      EXPECT_EQ(after.content_type, before.content_type);
      EXPECT_EQ(after.body, before.name == "model" ? "new" : before.body);
    }
  }
  EXPECT_GT(forms, 500);
}

}  // namespace
}  // namespace tg::http
