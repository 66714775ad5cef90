// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "limits/counter.h"
#include "limits/limit.h"

// What has no period that ends: everything ever used, or calls at once.
//
// Threading:  as Limit; one compare-and-swap to hold.
namespace tg::limits {

class TotalLimit final : public Limit {
 public:
  explicit TotalLimit(const Rule& rule);

  [[nodiscard]] Verdict try_hold(std::int64_t units, WallTime now, Hold& hold) noexcept override;
  [[nodiscard]] bool try_grow(Hold& hold, std::int64_t units, WallTime now) noexcept override;
  void shrink(Hold& hold, std::int64_t units) noexcept override;
  void settle(const Hold& hold, std::int64_t used) noexcept override;
  void add(std::int64_t used, WallTime admitted) noexcept override;
  [[nodiscard]] Reading read(WallTime now) const noexcept override;
  [[nodiscard]] WallTime counts_from(WallTime now) const noexcept override;

 private:
  const bool concurrency_;  // nothing is ever spent
  std::atomic<std::int64_t> committed_{0};
  std::atomic<std::int64_t> spent_{0};
};

}  // namespace tg::limits
