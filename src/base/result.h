// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <utility>

#include "base/error.h"

// Errors are values. TG_TRY hands an error on to the caller; TG_CHECK ends the process where going
// on would be worse (a broken invariant), and is always on; TG_DCHECK only where NDEBUG is absent.
namespace tg {

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Code code, const char* detail = "",
                                                 int system_errno = 0) {
  return std::unexpected(Error{code, detail, system_errno});
}

[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace tg

#define TG_CONCAT_INNER(a, b) a##b
#define TG_CONCAT(a, b) TG_CONCAT_INNER(a, b)

#define TG_TRY_WITH(returns, holder, target, expression)           \
  auto holder = (expression);                                      \
  if (!holder) returns std::unexpected(std::move(holder).error()); \
  target = *std::move(holder)

// TG_TRY(auto head, parse(bytes));  TG_CO_TRY is the same inside a coroutine.
#define TG_TRY(target, expression) \
  TG_TRY_WITH(return, TG_CONCAT(tg_result_, __LINE__), target, expression)
#define TG_CO_TRY(target, expression) \
  TG_TRY_WITH(co_return, TG_CONCAT(tg_result_, __LINE__), target, expression)

// For a Result<void>.
#define TG_TRY_DONE(expression)                                                \
  do {                                                                         \
    if (auto done = (expression); !done) return std::unexpected(done.error()); \
  } while (false)
#define TG_CO_TRY_DONE(expression)                                                \
  do {                                                                            \
    if (auto done = (expression); !done) co_return std::unexpected(done.error()); \
  } while (false)

#define TG_CHECK(condition) \
  ((condition) ? void(0) : ::tg::check_failed(#condition, __FILE__, __LINE__))
#ifdef NDEBUG
#define TG_DCHECK(condition) void(0)
#else
#define TG_DCHECK(condition) TG_CHECK(condition)
#endif
