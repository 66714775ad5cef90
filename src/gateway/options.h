// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// The limits of one call's trip. Everything that could grow or last has one here.
namespace tg::gateway {

struct Options {
  std::size_t json_body_bytes_max = 20 << 20;
  std::size_t form_body_bytes_max = 513U << 20;  // OpenAI takes files of 512 MB
  std::size_t form_memory_bytes_max = 1 << 20;   // of them that wait in memory, not on disk
  std::size_t control_body_bytes_max = 1 << 20;
  std::size_t answer_bytes_max = 64 << 20;  // ten images in base64
  std::size_t connections_max = 10'000;     // per worker
  std::int64_t running_calls_max = 10'000;  // per worker; what is above is refused with 503
  std::int64_t body_bytes_in_memory_max = 512 << 20;  // per worker, of requests
  bool log_calls = true;     // a line each; refusals have theirs in any case
  bool tell_target = false;  // to clients, which one answered
  // How late a worker may be with what is due before it takes no more calls. Zero: it always does.
  std::chrono::milliseconds lag_max{2'000};
  std::chrono::milliseconds head_timeout{10'000};
  std::chrono::milliseconds body_idle_timeout{30'000};
  std::chrono::milliseconds keep_alive_timeout{75'000};
  std::chrono::milliseconds client_write_timeout{60'000};
  std::chrono::milliseconds stream_keep_alive{15'000};  // zero: none
  std::chrono::milliseconds limit_wait{0};  // for a limit to open again; zero: refuse at once
  std::chrono::milliseconds control_timeout{60'000};
  std::chrono::milliseconds sync_timeout{10'000};  // a disk that takes longer is broken
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds first_byte_timeout{600'000};  // as patient as OpenAI's own SDKs
  std::chrono::milliseconds answer_idle_timeout{300'000};
};

}  // namespace tg::gateway
