// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/statement.h"

// A statement that puts rows down and asks nothing.
namespace tg::store {

class WritingBackend : public StatementBackend {
 public:
  Result<long long> run() noexcept override {
    TG_TRY_DONE(queue());
    TG_TRY_DONE(flush());
    return 1;
  }
  Result<bool> step() noexcept override { return fail(Code::kDatabase, "a write has no rows"); }
  [[nodiscard]] long long number(int /*column*/) const noexcept override { return 0; }
  [[nodiscard]] std::string_view text(int /*column*/) const noexcept override { return {}; }
  [[nodiscard]] std::span<const std::byte> bytes(int /*column*/) const noexcept override {
    return {};
  }
  void restart() noexcept override {}
};

}  // namespace tg::store
