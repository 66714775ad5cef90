// SPDX-License-Identifier: Apache-2.0
#include "net/recycled.h"

#include <array>
#include <new>
#include <utility>

namespace tg::net {
namespace {

constexpr std::size_t kStepBytes = 64;
constexpr std::size_t kBytesMax = 8 << 10;
constexpr std::size_t kKeptBytesMax = 256 << 10;
#if __has_feature(address_sanitizer)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

struct Free {
  Free* next;
};

// Plain data, so that a thread needs neither a guard to reach it nor a destructor at its end.
struct Kept {
  std::array<Free*, kBytesMax / kStepBytes> lists;
  std::size_t bytes;
};
thread_local constinit Kept kept{};

constexpr std::size_t list_of(std::size_t bytes) { return (bytes - 1) / kStepBytes; }
constexpr std::size_t bytes_of(std::size_t list) { return (list + 1) * kStepBytes; }

}  // namespace

void* Recycled::operator new(std::size_t bytes) {
  if (bytes > kBytesMax) return ::operator new(bytes);
  const auto list = list_of(bytes);
  auto& first = kept.lists.at(list);
  if (first == nullptr) return ::operator new(bytes_of(list));
  kept.bytes -= bytes_of(list);
  return std::exchange(first, first->next);
}

void Recycled::operator delete(void* memory, std::size_t bytes) noexcept {
  const bool keeps = kKeeps && bytes <= kBytesMax && kept.bytes < kKeptBytesMax;
  if (!keeps) return ::operator delete(memory);
  const auto list = list_of(bytes);
  auto& first = kept.lists.at(list);
  first = new (memory) Free{first};
  kept.bytes += bytes_of(list);
}

}  // namespace tg::net
