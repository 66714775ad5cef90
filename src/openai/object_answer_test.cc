// SPDX-License-Identifier: Apache-2.0
#include "openai/object_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace tg::openai {
namespace {

TEST(ObjectAnswer, ABatchSaysItsStateItsFilesAndWhatItUsed) {
  const auto facts = read_object(
      R"({"id":"batch_1","object":"batch","endpoint":"/v1/embeddings","status":"completed",)"
      R"("output_file_id":"file-out","error_file_id":"file-err","input_file_id":"file-in",)"
      R"("usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,)"
      R"("output_tokens_details":{"reasoning_tokens":2},"total_tokens":15}})");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->id, "batch_1");
  EXPECT_EQ(facts->status, "completed");
  EXPECT_EQ(facts->endpoint, "/v1/embeddings");
  EXPECT_EQ(facts->output_file_id, "file-out");
  EXPECT_EQ(facts->files, (std::vector<std::string>{"file-out", "file-err"}));
  EXPECT_EQ(facts->usage.input_tokens(), 10);
  EXPECT_EQ(facts->usage.cached_input_text_tokens, 4);
  EXPECT_EQ(facts->usage.reasoning_tokens, 2);
  EXPECT_TRUE(has_ended(facts->status));
  EXPECT_FALSE(has_ended("in_progress"));
  EXPECT_FALSE(has_ended(""));
}

TEST(ObjectAnswer, AFineTuningJobSaysWhatItTrained) {
  const auto job = read_object(
      R"({"id":"ftjob-1","object":"fine_tuning.job","status":"succeeded","created_at":7,)"
      R"("training_file":"file-in","validation_file":null,"result_files":["file-out"],)"
      R"("trained_tokens":5768})");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->trained_tokens, 5768);
  EXPECT_EQ(job->input_file_id, "file-in");
  EXPECT_EQ(job->files, std::vector<std::string>{"file-out"});
  EXPECT_TRUE(has_ended(job->status));
  for (const auto* going : {"validating_files", "queued", "running", "paused"}) {
    EXPECT_FALSE(has_ended(going)) << going;
  }
  for (const auto* none : {"null", "-1", "1.5", "\"7\"", "9007199254740993", "1e30"}) {
    EXPECT_FALSE(read_object(std::string{R"({"trained_tokens":)"} + none + "}")->trained_tokens)
        << none;
  }
  EXPECT_EQ(read_object(R"({"trained_tokens":0})")->trained_tokens, 0);
}

TEST(ObjectAnswer, AnUploadLeadsToItsFileAndADeletionSaysSo) {
  const auto upload =
      read_object(R"({"id":"upload_1","status":"completed","file":{"id":"file-7"}})");
  EXPECT_EQ(upload->files, std::vector<std::string>{"file-7"});
  EXPECT_TRUE(read_object(R"({"id":"file-7","deleted":true})")->removed);
  EXPECT_FALSE(read_object(R"({"id":"file-7","deleted":"yes"})")->removed);
}

TEST(ObjectAnswer, WhatIsNoIdIsNotKept) {
  const auto facts = read_object(R"({"id":"../models","output_file_id":"a/b","file":{"id":7}})");
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->id, "");
  EXPECT_TRUE(facts->files.empty());
  EXPECT_FALSE(read_object("[]"));
  EXPECT_FALSE(read_object("{"));
  std::string many = R"({"id":"ftjob-1","result_files":["a","b","c","d","e","f"]})";
  EXPECT_EQ(read_object(many)->files.size(), 4U);
}

TEST(ObjectAnswer, ABatchRequestNamesItsFileOnce) {
  const auto request =
      read_batch_request(R"({"input_file_id":"file-1","endpoint":"/v1/responses","metadata":{}})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->input_file_id, "file-1");
  EXPECT_EQ(request->endpoint, "/v1/responses");
  for (const auto* body :
       {R"({"endpoint":"/v1/responses"})", R"({"input_file_id":"a b","endpoint":"x"})",
        R"({"input_file_id":"file-1","input_file_id":"file-2","endpoint":"/v1/responses"})"}) {
    EXPECT_EQ(read_batch_request(body).error().code, Code::kBodyMalformed) << body;
  }
  EXPECT_EQ(read_batch_request("{").error().code, Code::kBodyNotJson);
}

TEST(ObjectAnswer, EveryIdThatABodyNamesIsFound) {
  const auto found =
      references_of(R"({"items":[{"content":[{"type":"input_file","file_id":"file-1"}]}],)"
                    R"("attributes":{"file_ids":["file-2",{"x":1},"file-3"]},"name":"file-4"})");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{"file-1", "file-2", "file-3"}));
  EXPECT_TRUE(references_of("[]")->empty());
  EXPECT_EQ(references_of("nope").error().code, Code::kBodyNotJson);
}

TEST(ObjectAnswer, APageIsWrittenAsItWasRead) {
  auto page = read_page(
      R"({"object":"list","data":[{"id":"file-1","x":[1, 2]},{"id":"file-2"}],"has_more":true})");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->has_more);
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(write_page(*page),
            R"({"object":"list","data":[{"id":"file-1","x":[1,2]},{"id":"file-2"}],)"
            R"("first_id":"file-1","last_id":"file-2","has_more":true})");
  EXPECT_EQ(write_page({}),
            R"({"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false})");
  EXPECT_FALSE(read_page(R"({"data":7})"));
  EXPECT_FALSE(read_page(R"({"object":"list"})"));
}

}  // namespace
}  // namespace tg::openai
