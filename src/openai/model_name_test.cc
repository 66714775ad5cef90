// SPDX-License-Identifier: Apache-2.0
#include "openai/model_name.h"

#include <gtest/gtest.h>

namespace tg::openai {
namespace {

TEST(ModelNames, ASnapshotIsTheModelThatWasAskedFor) {
  struct Pair {
    const char* asked;
    const char* served;
  };
  for (const auto& [asked, served] : {
           Pair{"gpt-4o", "gpt-4o"},
           Pair{"gpt-4o", "gpt-4o-2024-08-06"},
           Pair{"gpt-4", "gpt-4-0613"},
           Pair{"gpt-4o-2024-08-06", "gpt-4o"},
           Pair{"openai/gpt-4o", "gpt-4o-2024-08-06"},
           Pair{"gpt-4o", "azure/GPT-4o"},
           Pair{"claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"},
           Pair{"claude-3-5-sonnet", "claude-3-5-sonnet@20240620"},
           Pair{"models/gemini-2.0-flash", "gemini-2.0-flash-001"},
           Pair{"ft:gpt-4o:acme::9x", "ft:gpt-4o-2024-08-06:acme::9x"},
           Pair{"llama-2-70b-chat", "llama-2-70b-chat"},
       }) {
    EXPECT_TRUE(is_same_model(asked, served)) << asked << " " << served;
    EXPECT_TRUE(is_same_model(served, asked)) << asked << " " << served;
  }
}

TEST(ModelNames, AnotherModelIsNot) {
  struct Pair {
    const char* asked;
    const char* served;
  };
  for (const auto& [asked, served] : {
           Pair{"gpt-4o", "gpt-4o-mini"},
           Pair{"gpt-4o", "gpt-4o-mini-2024-07-18"},
           Pair{"gpt-4o-2024-05-13", "gpt-4o-2024-08-06"},
           Pair{"gpt-4", "gpt-4-32k"},
           Pair{"ft:gpt-4o:acme::9x", "ft:gpt-4o:acme::8y"},
           Pair{"ft:gpt-4o:acme::9x", "gpt-4o"},
           Pair{"claude-3-opus-20240229", "claude-3-haiku-20240307"},
           Pair{"llama-3.3-70b", "mistral-7b-instruct"},
           Pair{"gpt-4o", "2024-08-06"},
       }) {
    EXPECT_FALSE(is_same_model(asked, served)) << asked << " " << served;
    EXPECT_FALSE(is_same_model(served, asked)) << asked << " " << served;
  }
}

TEST(ModelNames, AFamilyHasNoFolderAndNoDate) {
  EXPECT_EQ(model_family("openai/gpt-4o-2024-08-06"), "gpt-4o");
  EXPECT_EQ(model_family("gpt-4o"), "gpt-4o");
  EXPECT_EQ(model_family(""), "");
}

}  // namespace
}  // namespace tg::openai
