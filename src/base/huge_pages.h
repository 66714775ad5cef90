// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

// An allocator for arrays that are large and looked into by chance: it asks the kernel for pages of
// 2 MiB. In pages of 4 KiB, finding one of a million keys misses the processor's cache of page
// tables as well, which costs as much again.
//
// Threading:  as std::allocator's.
// Limits:     arrays below 2 MiB get ordinary memory; all do where the kernel has no large pages.
// Errors:     std::bad_alloc.
namespace tg {

inline constexpr std::size_t kHugePageBytes = 2UL * 1024 * 1024;

template <typename T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <typename Other>
  explicit HugePageAllocator(const HugePageAllocator<Other>& /*other*/) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const auto bytes = count * sizeof(T);
    if (bytes < kHugePageBytes) return std::allocator<T>{}.allocate(count);
    // Large pages stand at multiples of their size: what is mapped before and behind is given back.
    const auto mapped = whole_pages(bytes) + kHugePageBytes;
    void* memory = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                          /*fd=*/-1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc{};
    auto* begin = static_cast<std::byte*>(memory);
    const auto before = -reinterpret_cast<std::uintptr_t>(begin) % kHugePageBytes;
    if (before > 0) (void)::munmap(begin, before);
    begin += before;
    (void)::munmap(begin + whole_pages(bytes), kHugePageBytes - before);
    // Advice: without it, all works more slowly.
    (void)::madvise(begin, whole_pages(bytes), MADV_HUGEPAGE);
    return reinterpret_cast<T*>(begin);
  }

  void deallocate(T* memory, std::size_t count) noexcept {
    const auto bytes = count * sizeof(T);
    if (bytes < kHugePageBytes) return std::allocator<T>{}.deallocate(memory, count);
    (void)::munmap(memory, whole_pages(bytes));
  }

  friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) = default;

 private:
  static constexpr std::size_t whole_pages(std::size_t bytes) noexcept {
    return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  }
};

}  // namespace tg
