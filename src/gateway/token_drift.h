// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// How far what is counted here is from what providers report, by model, on a share of the calls of
// which both are known. A provider that changes a model's vocabulary, or counts what nobody sees,
// shows here before it shows on its bill.
//
// Threading:  any thread; a lock that control threads and readers of /metrics take.
// Limits:     200 models; those that come later are not compared.
namespace tg::gateway {

class TokenDrift {
 public:
  static constexpr std::size_t kModelsMax = 200;
  // A call in so many is compared.
  static constexpr std::uint32_t kOneCallIn = 64;
  // Fewer calls say nothing, and what is within this share of what is reported is no news.
  static constexpr std::int64_t kCallsToTell = 20;
  static constexpr double kShareToTell = 0.05;

  struct Sums {
    std::int64_t calls = 0;
    std::int64_t counted = 0;
    std::int64_t reported = 0;

    // -0.5: half of what is reported was counted here.
    [[nodiscard]] double drift() const noexcept;
  };
  struct Row {
    std::string model;
    Sums input;
    Sums output;
  };

  struct Tokens {
    std::int64_t counted = 0;
    std::int64_t reported = 0;
  };
  // What was not compared is zero in both. Warns where a model drifts, as often as its calls
  // double.
  void note(std::string_view model, const Tokens& input, const Tokens& output);

  // By model.
  [[nodiscard]] std::vector<Row> rows() const;

 private:
  struct Of {
    Sums input;
    Sums output;
    std::int64_t told_at = kCallsToTell / 2;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Of, std::less<>> models_;
};

}  // namespace tg::gateway
