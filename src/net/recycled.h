// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

// Memory of objects that come and go with each call: coroutine frames, exchanges. Their sizes are
// few and beyond what malloc keeps at hand, so each thread keeps those that were freed, by size.
//
//   class HttpExchange final : public Exchange, public Recycled { … };
//
// Threading:  an object is freed on the thread that made it, or memory wanders; both are safe.
// Limits:     a thread keeps 256 KiB; what is larger than 8 KiB is not kept. Under AddressSanitizer
//             nothing is, so that it sees who uses what was freed.
namespace tg::net {

class Recycled {
 public:
  static void* operator new(std::size_t bytes);
  static void operator delete(void* memory, std::size_t bytes) noexcept;
};

}  // namespace tg::net
