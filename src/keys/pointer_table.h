// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/huge_pages.h"

// What is found by a hash of 64 bits, and never taken out again. Open addressing: that something is
// found takes one line of memory here, and one where it lies itself.
//
// Threading:  find() from any thread, without a lock. insert() from one at a time.
// Lifetime:   outgrown arrays live as long as the table, for readers that are still in them; all of
//             them together are no larger than the newest. What it points to outlives the table.
// Limits:     16 bytes a slot; two thirds of the slots filled at most.
namespace tg::keys {

template <typename T>
class PointerTable {
 public:
  PointerTable() { use(std::make_unique<Slots>(kSlotsAtFirst)); }
  PointerTable(const PointerTable&) = delete;
  PointerTable& operator=(const PointerTable&) = delete;
  ~PointerTable() = default;

  // The first with this hash of which `is_it(const T&)` holds; null when there is none.
  template <typename IsIt>
  [[nodiscard]] T* find(std::uint64_t hash, IsIt is_it) const noexcept {
    const Slots& slots = *current_.load(std::memory_order_acquire);
    // Ends at an empty slot, of which there is always one: a third of them are.
    for (auto at = hash & slots.mask;; at = (at + 1) & slots.mask) {
      const Slot& slot = slots.slots[at];
      T* item = slot.item.load(std::memory_order_acquire);
      if (item == nullptr) return nullptr;
      if (slot.hash == hash && is_it(*item)) return item;
    }
  }

  // Where find() and insert() will look, on its way meanwhile.
  void prefetch(std::uint64_t hash) const noexcept {
    const Slots& slots = *current_.load(std::memory_order_acquire);
    __builtin_prefetch(&slots.slots[hash & slots.mask]);
  }

  // One that is not in it yet.
  void insert(std::uint64_t hash, T* item) {
    if (++size_ * 3 > arrays_.back()->slots.size() * 2) grow();
    place(*arrays_.back(), hash, item);
  }

  // Gives outgrown arrays back. Only while nobody reads.
  void drop_outgrown() { arrays_.erase(arrays_.begin(), arrays_.end() - 1); }

 private:
  static constexpr std::size_t kSlotsAtFirst = 1024;

  struct Slot {
    std::uint64_t hash = 0;
    std::atomic<T*> item{nullptr};
  };
  struct Slots {
    explicit Slots(std::size_t count) : mask{count - 1}, slots(count) {}
    std::size_t mask;
    std::vector<Slot, HugePageAllocator<Slot>> slots;
  };

  void use(std::unique_ptr<Slots> slots) {
    arrays_.push_back(std::move(slots));
    current_.store(arrays_.back().get(), std::memory_order_release);
  }

  void grow() {
    const Slots& old = *arrays_.back();
    auto larger = std::make_unique<Slots>(old.slots.size() * 2);
    for (const auto& slot : old.slots) {
      if (auto* item = slot.item.load(std::memory_order_relaxed)) place(*larger, slot.hash, item);
    }
    use(std::move(larger));
  }

  static void place(Slots& slots, std::uint64_t hash, T* item) {
    auto at = hash & slots.mask;
    while (slots.slots[at].item.load(std::memory_order_relaxed) != nullptr) {
      at = (at + 1) & slots.mask;
    }
    slots.slots[at].hash = hash;
    // A reader that sees the item sees its hash and what is in it, too.
    slots.slots[at].item.store(item, std::memory_order_release);
  }

  std::atomic<const Slots*> current_;
  std::vector<std::unique_ptr<Slots>> arrays_;
  std::size_t size_ = 0;
};

}  // namespace tg::keys
