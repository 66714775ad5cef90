// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/metrics.h"
#include "limits/limit.h"
#include "net/worker.h"

// Calls that wait until a limit lets them through: a queue for each limit, first come, first
// served. The first of each looks whether its turn has come; who leaves the front wakes the next.
//
// Threading:  one per worker, used by it alone.
// Limits:     1,000 calls. They hold nothing on any limit; what they keep is their request.
// Lifetime:   outlives its places.
namespace tg::gateway {

class WaitingLine {
 public:
  static constexpr std::size_t kPlacesMax = 1000;

  class Place {
   public:
    explicit Place(net::Worker& worker) : pause_{worker} {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] bool is_first() const noexcept;
    // Something may have changed for this call.
    [[nodiscard]] auto until(SteadyTime time) noexcept { return pause_.until(time); }
    void wake() { pause_.wake(); }

   private:
    friend class WaitingLine;
    net::Pause pause_;
    WaitingLine* line_ = nullptr;
    const limits::Limit* limit_ = nullptr;
    std::list<Place*>::iterator here_;
  };

  WaitingLine(net::Worker& worker, Count& waiting) : worker_{worker}, waiting_{waiting} {}
  ~WaitingLine();
  WaitingLine(const WaitingLine&) = delete;
  WaitingLine& operator=(const WaitingLine&) = delete;

  // Behind all who wait for the same limit. False where the line is full.
  [[nodiscard]] bool join(Place& place, const limits::Limit& limit);
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  // A limit of these sets for which others wait already; nullopt: there is none.
  struct Awaited {
    const limits::Limit* limit;
    std::size_t level;  // of `sets`
  };
  [[nodiscard]] std::optional<Awaited> awaited(
      std::span<const limits::LimitSet* const> sets) const noexcept;
  // Wakes everyone, each of whom leaves at once.
  void dissolve();

 private:
  using Queue = std::list<Place*>;
  void leave(Place& place);
  void wake_first(const limits::Limit* limit);

  net::Worker& worker_;
  Count& waiting_;
  std::size_t size_ = 0;
  std::unordered_map<const limits::Limit*, Queue> queues_;
};

}  // namespace tg::gateway
