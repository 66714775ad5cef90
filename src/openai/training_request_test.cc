// SPDX-License-Identifier: Apache-2.0
#include "openai/training_request.h"

#include <gtest/gtest.h>

#include <string>

namespace tg::openai {
namespace {

using enum TrainingRequest::Method;

std::string with(const std::string& members) {
  return R"({"model":"gpt-4.1-mini","training_file":"file-1")" + members + "}";
}

TEST(TrainingRequest, SaysWhatIsTrainedOnWhat) {
  const auto request = read_training_request(
      with(R"(,"validation_file":"file-2","suffix":"mine","seed":7,"metadata":{"model":"x"})"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->model, "gpt-4.1-mini");
  EXPECT_EQ(request->training_file, "file-1");
  EXPECT_EQ(request->validation_file, "file-2");
  EXPECT_EQ(request->method, kSupervised);
  EXPECT_EQ(request->epochs, 0);
  EXPECT_TRUE(request->epochs_left_open);
  EXPECT_EQ(read_training_request(with(R"(,"validation_file":null)"))->validation_file, "");
}

struct EpochsCase {
  const char* members;
  std::int64_t epochs;
  bool left_open;
};

TEST(TrainingRequest, EpochsStandInEitherOfTwoPlaces) {
  for (const auto& [members, epochs, left_open] : {
           EpochsCase{R"(,"hyperparameters":{"n_epochs":4})", 4, false},
           EpochsCase{R"(,"hyperparameters":{"n_epochs":"auto"})", 0, true},
           EpochsCase{R"(,"hyperparameters":{"n_epochs":null})", 0, true},
           EpochsCase{R"(,"hyperparameters":null,"method":null)", 0, true},
           EpochsCase{R"(,"method":{"type":"supervised"})", 0, true},
           EpochsCase{
               R"(,"method":{"type":"supervised","supervised":{"hyperparameters":{"n_epochs":2}}})",
               2, false},
           EpochsCase{R"(,"method":{"type":"dpo","dpo":{"hyperparameters":{"n_epochs":"auto"}}})",
                      0, true},
           // Whichever of them the provider reads.
           EpochsCase{R"(,"hyperparameters":{"n_epochs":9},"method":{"type":"dpo"})", 9, true},
           EpochsCase{R"(,"hyperparameters":{"n_epochs":9},"method":{"type":"dpo","dpo":{)"
                      R"("hyperparameters":{"n_epochs":2}}})",
                      9, false},
           EpochsCase{R"(,"hyperparameters":{"n_epochs":"auto"},"method":{"type":"dpo","dpo":{)"
                      R"("hyperparameters":{"n_epochs":2}}})",
                      2, true},
           EpochsCase{R"(,"method":{"type":"supervised","dpo":{"hyperparameters":{"n_epochs":2}}})",
                      2, true},
       }) {
    const auto request = read_training_request(with(members));
    ASSERT_TRUE(request) << members;
    EXPECT_EQ(request->epochs, epochs) << members;
    EXPECT_EQ(request->epochs_left_open, left_open) << members;
  }
}

TEST(TrainingRequest, TheMethodIsToldAndWhatIsBilledByTheHourToo) {
  EXPECT_EQ(read_training_request(with(R"(,"method":{"type":"dpo"})"))->method, kDpo);
  EXPECT_EQ(read_training_request(with(R"(,"method":{"type":"reinforcement"})"))->method,
            kReinforcement);
  EXPECT_EQ(
      read_training_request(with(R"(,"method":{"type":"supervised","reinforcement":{}})"))->method,
      kReinforcement);
}

TEST(TrainingRequest, WhatCannotBeReadInOneWayIsRefused) {
  EXPECT_EQ(read_training_request("{").error().code, Code::kBodyNotJson);
  for (const std::string& body : {
           std::string{"[]"},
           std::string{"{}"},
           std::string{"7"},
           std::string{R"({"model":"m"})"},
           std::string{R"({"training_file":"file-1"})"},
           std::string{R"({"model":"","training_file":"file-1"})"},
           std::string{R"({"model":["m"],"training_file":"file-1"})"},
           std::string{R"({"model":"m","training_file":"../x"})"},
           std::string{R"({"model":"m","training_file":{"id":"file-1"}})"},
           with(R"(,"model":"other")"),
           with(R"(,"training_file":"file-1")"),
           with(R"(,"validation_file":7)"),
           with(R"(,"validation_file":"a b")"),
           with(R"(,"validation_file":null,"validation_file":"file-2")"),
           with(R"(,"hyperparameters":[])"),
           with(R"(,"hyperparameters":"auto")"),
           with(R"(,"hyperparameters":{},"hyperparameters":{"n_epochs":50})"),
           with(R"(,"hyperparameters":{"n_epochs":1,"n_epochs":50})"),
           with(R"(,"hyperparameters":{"n_epochs":0})"),
           with(R"(,"hyperparameters":{"n_epochs":-3})"),
           with(R"(,"hyperparameters":{"n_epochs":1001})"),
           with(R"(,"hyperparameters":{"n_epochs":9223372036854775807})"),
           with(R"(,"hyperparameters":{"n_epochs":3.0})"),
           with(R"(,"hyperparameters":{"n_epochs":"3"})"),
           with(R"(,"hyperparameters":{"n_epochs":[3]})"),
           with(R"(,"method":"dpo")"),
           with(R"(,"method":{})"),
           with(R"(,"method":{"type":"distillation"})"),
           with(R"(,"method":{"type":"dpo","type":"supervised"})"),
           with(R"(,"method":{"type":"dpo"},"method":{"type":"dpo"})"),
           with(R"(,"method":{"type":"dpo","dpo":7})"),
           with(R"(,"method":{"type":"dpo","dpo":{"hyperparameters":7}})"),
           with(R"(,"method":{"type":"dpo","dpo":{},"dpo":{}})"),
           with(R"(,"method":{"type":"dpo","dpo":{"hyperparameters":{"n_epochs":true}}})"),
           with(R"(,"method":{"type":"dpo","dpo":{"hyperparameters":{},"hyperparameters":{}}})"),
       }) {
    const auto request = read_training_request(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().code, Code::kBodyMalformed) << body;
    EXPECT_STRNE(request.error().detail, "") << body;
  }
}

std::string image_part(const std::string& url, const std::string& beside = "") {
  return R"({"type":"image_url","image_url":{"url":")" + url + R"("})" + beside + "}";
}

std::string chat(const std::string& part) {
  return R"({"messages":[{"role":"user","content":[)" + part + R"(]}]})";
}

TEST(TrainingLine, CountsItsBytesAndItsImages) {
  const std::string text = R"({"messages":[{"role":"user","content":"hi"}]})";
  EXPECT_EQ(read_training_line(text)->bytes, static_cast<std::int64_t>(text.size()));
  EXPECT_EQ(read_training_line(text)->images, 0);
  const auto named = chat(image_part("https://example.com/a.png"));
  EXPECT_EQ(read_training_line(named)->bytes, static_cast<std::int64_t>(named.size()));
  EXPECT_EQ(read_training_line(named)->images, 1);
}

TEST(TrainingLine, AnImageThatStandsInItIsNoText) {
  const std::string data = "data:image/png;base64," + std::string(5'000, 'A');
  const auto line = chat(image_part(data));
  EXPECT_EQ(read_training_line(line)->bytes, static_cast<std::int64_t>(line.size() - data.size()));
  EXPECT_EQ(read_training_line(line)->images, 1);
  const auto preferred = R"({"input":)" + line + R"(,"preferred_output":[]})";
  EXPECT_LT(read_training_line(preferred)->bytes, 200);
}

TEST(TrainingLine, WhatMayBeReadAsTextIsText) {
  const std::string data = "data:image/png;base64," + std::string(5'000, 'A');
  for (const auto& line : {
           chat(image_part(data, R"(,"text":"x")")),
           chat(image_part(data, R"(,"type":"text")")),
           chat(R"({"type":"text","text":")" + data + R"("})"),
           chat(R"({"type":"text","image_url":")" + data + R"("})"),
           R"({"messages":[],"tools":[)" + image_part(data) + "]}",
           R"({"messages":[{"content":")" + data + R"("}]})",
           R"({"prompt":")" + data + R"(","completion":""})",
       }) {
    EXPECT_EQ(read_training_line(line)->bytes, static_cast<std::int64_t>(line.size()))
        << line.substr(0, 80);
  }
}

TEST(TrainingLine, WhatNamesAFileOrIsNoObjectIsRefused) {
  for (const std::string& line :
       {std::string{"[]"}, std::string{"{"}, std::string{"7"}, std::string{R"({"a":1}{"b":2})"},
        chat(R"({"type":"file","file":{"file_id":"file-theirs"}})"),
        std::string{R"({"training_file":"file-theirs"})"}}) {
    EXPECT_EQ(read_training_line(line).error().code, Code::kBodyMalformed) << line;
  }
}

}  // namespace
}  // namespace tg::openai
