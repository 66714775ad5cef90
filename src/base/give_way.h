// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

// Long work beside the workers, as carrying calls into the ledger, gives way: a worker of the same
// processor that has become ready runs after tens of microseconds, and not when the kernel's slice
// of 3 to 4 ms ends. A lower priority would do that too, and whoever waits for the database behind
// a thread that hardly runs would wait with it.
//
// Threading:  of its thread only.
namespace tg {

// While it lives, its thread gives way, or does not.
class GivingWay {
 public:
  explicit GivingWay(bool gives) noexcept;
  ~GivingWay();
  GivingWay(const GivingWay&) = delete;
  GivingWay& operator=(const GivingWay&) = delete;

 private:
  const bool before_;
};

// In loops of such work, where each turn takes a few microseconds.
void give_way(std::size_t turns = 1) noexcept;

}  // namespace tg
