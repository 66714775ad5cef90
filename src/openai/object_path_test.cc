// SPDX-License-Identifier: Apache-2.0
#include "openai/object_path.h"

#include <gtest/gtest.h>

#include <string>

namespace tg::openai {
namespace {

ObjectMatch matched(std::string_view method, std::string_view path) {
  const auto found = match_object(method, path);
  EXPECT_TRUE(found && found->match) << method << " " << path;
  return found && found->match ? *found->match : ObjectMatch{};
}

TEST(ObjectPath, NamesTheFirstObjectAndWhatIsDoneToIt) {
  const auto file = matched("GET", "/v1/files/file-abc/content");
  EXPECT_EQ(file.kind, ObjectKind::kFile);
  EXPECT_EQ(file.act, ObjectAct::kRead);
  EXPECT_EQ(file.id, "file-abc");
  EXPECT_FALSE(file.writes());

  const auto item = matched("DELETE", "/v1/conversations/conv_1/items/msg_2");
  EXPECT_EQ(item.kind, ObjectKind::kConversation);
  EXPECT_EQ(item.act, ObjectAct::kChange);
  EXPECT_EQ(item.id, "conv_1");
  EXPECT_TRUE(item.writes());

  EXPECT_EQ(matched("GET", "/v1/batches").act, ObjectAct::kList);
  EXPECT_EQ(matched("GET", "/v1/batches").id, "");
  EXPECT_EQ(matched("POST", "/v1/uploads/upload_1/complete").act, ObjectAct::kComplete);
  EXPECT_EQ(matched("DELETE", "/v1/responses/resp_1").act, ObjectAct::kRemove);
}

TEST(ObjectPath, WhatCannotBeMeteredIsClosed) {
  for (const auto* path : {"/v1/vector_stores", "/v1/vector_stores/vs_1/files",
                           "/v1/vector_stores/vs_1/file_batches"}) {
    EXPECT_EQ(matched("POST", path).act, ObjectAct::kClosed) << path;
  }
  EXPECT_EQ(matched("POST", "/v1/vector_stores/vs_1/search").act, ObjectAct::kRead);
  EXPECT_EQ(matched("POST", "/v1/fine_tuning/jobs").act, ObjectAct::kMake);
  EXPECT_EQ(matched("POST", "/v1/fine_tuning/jobs/ftjob-1/resume").act, ObjectAct::kChange);
}

TEST(ObjectPath, AnotherMethodIsToldWhichThereAre) {
  const auto found = match_object("PUT", "/v1/files/file-abc");
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->match);
  EXPECT_EQ(found->allow, "GET, DELETE");
  EXPECT_EQ(match_object("GET", "/v1/uploads")->allow, "POST");
  EXPECT_EQ(match_object("PATCH", "/v1/skills/skill_1")->allow, "GET, POST, DELETE");
}

TEST(ObjectPath, ASegmentThatCouldLeadElsewhereNamesNothing) {
  for (const std::string path :
       {"/v1/files/..", "/v1/files/.", "/v1/files/", "/v1/files//content", "/v1/files/a%2fb",
        "/v1/conversations/conv_1/items/..", "/v1/conversations/conv_1/items/..%2f..%2fconv_2",
        "/v1/files/a/content/", "/v1/files/a b", "/v1/evals", "/v1/files?x", "/v1", "",
        "/v1/conversations/conv_1/items/msg_1/more"}) {
    EXPECT_FALSE(match_object("GET", path)) << path;
  }
  EXPECT_FALSE(match_object("GET", "/v1/files/" + std::string(129, 'a')));
  EXPECT_TRUE(match_object("GET", "/v1/files/" + std::string(128, 'a')));
  EXPECT_TRUE(match_object("GET", "/v1/chat/completions/ft:gpt-4o.x_y-1"));
}

TEST(ObjectPath, EachKindHasANameAndAnEndpointOfItsOwn) {
  for (int number = 0; number < kObjectKindCount; ++number) {
    const auto kind = static_cast<ObjectKind>(number);
    EXPECT_FALSE(name(kind).empty());
    EXPECT_GE(static_cast<int>(endpoint_of(kind)), kModelEndpointCount);
    EXPECT_EQ(endpoint_named(path(endpoint_of(kind))), endpoint_of(kind));
  }
}

}  // namespace
}  // namespace tg::openai
