// SPDX-License-Identifier: Apache-2.0
#include "gateway/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>

namespace tg::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsPage, WorkersAreAddedUpAndBucketsHoldThoseBeforeThem) {
  const auto first = std::make_unique<WorkerMetrics>();
  const auto second = std::make_unique<WorkerMetrics>();
  constexpr auto kChat = static_cast<std::size_t>(openai::Endpoint::kChatCompletions);
  for (auto* worker : {first.get(), second.get()}) {
    auto& chat = worker->endpoints.at(kChat);
    chat.calls.at(0).add(2);
    chat.overhead.note(std::chrono::microseconds{20});
    chat.output_tokens.add(7);
    worker->connections.add(3);
  }
  second->endpoints.at(kChat).overhead.note(std::chrono::seconds{1});
  second->refusals.at(static_cast<std::size_t>(Code::kKeyInvalid)).add(1);
  const std::array<const WorkerMetrics*, 2> workers{first.get(), second.get()};

  const auto text = metrics_text(workers, "1.2.3");
  EXPECT_THAT(text, HasSubstr("tollgate_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tollgate_calls_total{endpoint=\"/v1/chat/completions\","
                              "outcome=\"completed\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("tollgate_refusals_total{reason=\"key_invalid\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("direction=\"output\"} 14\n"));
  EXPECT_THAT(text,
              HasSubstr("tollgate_overhead_seconds_count{endpoint=\"/v1/chat/completions\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("le=\"1e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tollgate_connections{worker=\"1\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("/v1/embeddings"))) << "what never happened has no line";
}

}  // namespace
}  // namespace tg::gateway
