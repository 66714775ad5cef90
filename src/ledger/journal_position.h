// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

// A place between two records of a worker's journal: all that stands before it was written before
// all that follows.
//
// Threading:  a value.
namespace tg::ledger {

struct JournalPosition {
  std::uint32_t epoch = 0;
  std::uint16_t worker = 0;
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;

  friend auto operator<=>(const JournalPosition&, const JournalPosition&) = default;
};

}  // namespace tg::ledger
