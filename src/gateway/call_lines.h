// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "ledger/usage_event.h"
#include "openai/endpoint.h"

// What a worker has to say of its calls, on its way to the thread that writes the log: a ring of
// bytes between two threads that never wait for each other.
//
// Threading:  add() by one thread, take() by another.
// Limits:     1 MiB; what does not fit is left out, and counted.
namespace tg::gateway {

// What is known of one call at its end. docs/logs.md says what becomes of it. Never a secret, never
// a body.
struct CallLine {
  // Copied as it stands.
  struct Numbers {
    WallTime at;
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t duration_us = 0;
    std::int64_t first_byte_us = 0;  // of the answer; 0: there was none
    std::int64_t overhead_us = 0;
    std::int64_t queued_us = 0;  // for a limit; 0: it did not wait
    NanoUsd charge;
    std::int32_t status = 0;  // that the client was told
    std::int32_t attempts = 0;
    openai::Endpoint endpoint{};
    ledger::Outcome outcome{};
    Code why{};             // where `declined`
    bool admitted = false;  // and so has an outcome, and money
    bool declined = false;  // the client got an error of ours
    bool stream = false;
    bool test = false;
    bool estimated = false;  // the tokens
    bool goes_on = false;    // upstream: what it costs is not known yet
  };
  static_assert(std::is_trivially_copyable_v<Numbers>);

  Numbers numbers;
  std::string_view request;
  std::string_view client_request;
  std::string_view trace;
  std::string_view key;
  std::string_view project;
  std::string_view organization;
  std::string_view model;
  std::string_view upstream_model;
  std::string_view provider;
  std::string_view address;

  // The longest text of a line, the client's own id, may have 512 bytes; longer ones are cut.
  static constexpr std::size_t kTextBytesMax = 512;
  static constexpr std::array kTexts{
      &CallLine::request,  &CallLine::client_request, &CallLine::trace, &CallLine::key,
      &CallLine::project,  &CallLine::organization,   &CallLine::model, &CallLine::upstream_model,
      &CallLine::provider, &CallLine::address,
  };
};

class CallLines {
 public:
  static constexpr std::size_t kBytes = 1 << 20;

  CallLines();
  CallLines(const CallLines&) = delete;
  CallLines& operator=(const CallLines&) = delete;

  // False where there is no room.
  bool add(const CallLine& line) noexcept;
  // Whether so much waits that it should be taken before the usual time.
  [[nodiscard]] bool half_full() const noexcept;

  // The oldest one, whose texts hold until drop(); false where there is none.
  [[nodiscard]] bool take(CallLine& line) noexcept;
  void drop() noexcept;

 private:
  // Of one record: how large it is, then the numbers, the texts' sizes, the texts.
  using Size = std::uint32_t;
  using TextSizes = std::array<std::uint16_t, CallLine::kTexts.size()>;
  static constexpr Size kSkip = 0;  // the rest up to the end of the ring is empty
  static constexpr std::size_t kFixedBytes =
      sizeof(Size) + sizeof(CallLine::Numbers) + sizeof(TextSizes);

  [[nodiscard]] char* place(std::uint64_t position) const noexcept;

  std::unique_ptr<char[]> bytes_;
  // Positions only grow. Each stands on a cache line of its own: one thread writes it.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  std::uint64_t known_taken_ = 0;  // what the writer last saw of taken_
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  std::uint64_t next_ = 0;  // behind what take() gave
};

}  // namespace tg::gateway
