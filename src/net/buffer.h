// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

// Memory for what is read from a stream. It is taken from the worker's pool when bytes have come
// and goes back when they have been used, so a connection that waits holds none.
//
// Threading:  one pool a worker, used by it alone; a Buffer belongs to who reads.
// Lifetime:   the pool outlives its buffers.
// Limits:     16 KiB a buffer: one TLS record. The pool keeps 64 that nobody uses.
// Secrets:    heads carry keys and bodies carry prompts: what was read is wiped on its way back.
namespace tg::net {

class BufferPool {
 public:
  static constexpr std::size_t kBufferBytes = 16 << 10;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

 private:
  friend class Buffer;
  static constexpr std::size_t kKeptMax = 64;

  using Memory = std::unique_ptr<char[]>;
  [[nodiscard]] Memory take();
  void give_back(Memory memory);

  std::vector<Memory> kept_;
};

class Buffer {
 public:
  explicit Buffer(BufferPool& pool) noexcept : pool_{pool} {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  // Room to read into; what stood there before is gone.
  [[nodiscard]] std::span<char> room();
  // So many bytes of the room have been filled.
  std::string_view fill(std::size_t bytes) noexcept;
  // What was filled is no longer needed.
  void release() noexcept;

 private:
  BufferPool& pool_;
  BufferPool::Memory memory_;
  std::size_t filled_ = 0;
};

}  // namespace tg::net
