// SPDX-License-Identifier: Apache-2.0
#include "net/buffer.h"

#include <algorithm>
#include <utility>

#include "base/secret_bytes.h"

namespace tg::net {

BufferPool::Memory BufferPool::take() {
  if (kept_.empty()) return std::make_unique_for_overwrite<char[]>(kBufferBytes);
  auto memory = std::move(kept_.back());
  kept_.pop_back();
  return memory;
}

void BufferPool::give_back(Memory memory) {
  if (kept_.size() < kKeptMax) kept_.push_back(std::move(memory));
}

std::span<char> Buffer::room() {
  if (!memory_) memory_ = pool_.take();
  return {memory_.get(), BufferPool::kBufferBytes};
}

std::string_view Buffer::fill(std::size_t bytes) noexcept {
  filled_ = std::max(filled_, bytes);
  return {memory_.get(), bytes};
}

void Buffer::release() noexcept {
  if (!memory_) return;
  wipe({memory_.get(), std::exchange(filled_, 0)});
  pool_.give_back(std::move(memory_));
}

}  // namespace tg::net
