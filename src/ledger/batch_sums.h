// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ledger/spent.h"
#include "ledger/usage_event.h"

// What a batch of events adds to the slices, summed up before SQL sees it: names
// become small numbers, so that a row's whole key is two words, and rows are found by sorting.
//
// Threading:  one thread's.
// Lifetime:   the events outlive it: names stay theirs.
// Limits:     two million different names in a batch; one of 10,000 events has 60,000 at most.
namespace tg::ledger {

// Names as numbers, in the order in which they first came.
class Names {
 public:
  explicit Names(std::size_t expected);

  [[nodiscard]] std::uint32_t number_of(std::string_view name);
  [[nodiscard]] std::string_view at(std::uint32_t number) const { return names_[number]; }
  // All numbers in the order of their names.
  [[nodiscard]] std::vector<std::uint32_t> sorted() const;

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t number = 0;
    bool taken = false;
  };
  void grow();
  [[nodiscard]] Slot& slot_of(std::string_view name, std::uint64_t hash);

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::vector<std::string_view> names_;
};

struct SliceRow {
  SpentBy by{};
  std::string_view id;
  std::string_view model;
  std::int64_t begin_ms = 0;
  std::int64_t charge = 0;
  std::int64_t tokens = 0;
  std::int64_t requests = 0;
};

class BatchSums {
 public:
  explicit BatchSums(std::size_t events_expected);

  void add(const UsageEvent& event);

  // In the order of their table's key: neighbours share a page, which is then in the processor's
  // cache.
  [[nodiscard]] std::vector<SliceRow> slices() const;

 private:
  struct Added {
    const UsageEvent* event;
    std::uint32_t key, owner, project, organization, upstream_model;
  };
  class Sorter;

  std::vector<Added> added_;
  Names names_;
};

}  // namespace tg::ledger
