// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "net/task.h"

// Where a request's body comes from, piece by piece, when it is not one text in memory: ClientBody
// is the client's own as it comes in, HeldBody's reader what was kept in memory and on disk.
//
// Threading:  its worker's.
// Lifetime:   outlives the exchange that sends it.
// Limits:     a piece is some 64 KiB at most and valid until the next one is asked for; nothing is
// read
//             ahead, so whoever sends slowly makes the source wait.
// Errors:     the source's own, as they are told to the client: kRequestTimeout, kBodyTooLarge,
//             kMalformedHttp, kClosed (it went away), kCorrupt, kIo; kCancelled after cancel().
namespace tg::gateway {

class BodySource {
 public:
  BodySource() = default;
  BodySource(const BodySource&) = delete;
  BodySource& operator=(const BodySource&) = delete;
  virtual ~BodySource() = default;

  // What Content-Length says. Nothing where only the end will tell: the body is sent in chunks.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const noexcept = 0;

  // Empty at the end.
  [[nodiscard]] virtual net::Task<Result<std::string_view>> next() = 0;

  // It is here whole and can be sent as often as wanted.
  [[nodiscard]] virtual bool is_held() const noexcept = 0;
  // Back to the first byte. False where some of it has flowed and is gone.
  [[nodiscard]] virtual bool rewind() noexcept = 0;

  // Ends what next() awaits, and nothing else: the client can still be answered.
  virtual void cancel() noexcept = 0;
};

}  // namespace tg::gateway
