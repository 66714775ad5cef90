// SPDX-License-Identifier: Apache-2.0
#include "ledger/new_events.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <tuple>

#include "store/statement.h"

namespace tg::ledger {
namespace {

using store::Statement;

// Ids that follow each other this closely are looked for in one go.
constexpr std::uint64_t kGapMax = 1'000;

class NewEvents {
 public:
  NewEvents(const std::vector<UsageEvent>& events, Statement& written)
      : events_{events}, written_{written}, order_(events.size()), is_new_(events.size(), true) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::sort(order_, [&events](std::size_t a, std::size_t b) {
      return std::tie(events[a].id, a) < std::tie(events[b].id, b);
    });
  }

  Result<std::vector<bool>> find() {
    for (std::span<const std::size_t> rest{order_}; !rest.empty();) {
      const auto run = rest.first(run_length(rest));
      TG_TRY_DONE(look_for(run));
      rest = rest.subspan(run.size());
    }
    return std::move(is_new_);
  }

 private:
  [[nodiscard]] const EventId& id(std::size_t event) const { return events_[event].id; }

  std::size_t run_length(std::span<const std::size_t> rest) {
    std::size_t length = 1;
    for (; length < rest.size(); ++length) {
      const auto& before = id(rest[length - 1]);
      const auto& next = id(rest[length]);
      if (next.epoch != before.epoch || next.worker != before.worker) break;
      if (next.sequence - before.sequence > kGapMax) break;
      if (next == before) is_new_[rest[length]] = false;
    }
    return length;
  }

  Result<void> look_for(std::span<const std::size_t> run) {
    const auto& first = id(run.front());
    written_.bind(std::int64_t{first.epoch});
    written_.bind(std::int64_t{first.worker});
    written_.bind(static_cast<std::int64_t>(first.sequence));
    written_.bind(static_cast<std::int64_t>(id(run.back()).sequence));
    auto next = run.begin();
    for (;;) {
      TG_TRY(const bool row, written_.step());
      if (!row) break;
      const auto sequence = static_cast<std::uint64_t>(written_.number(0));
      while (next != run.end() && id(*next).sequence < sequence) ++next;
      for (; next != run.end() && id(*next).sequence == sequence; ++next) is_new_[*next] = false;
    }
    written_.restart();
    return {};
  }

  const std::vector<UsageEvent>& events_;
  Statement& written_;
  std::vector<std::size_t> order_;  // of the ids
  std::vector<bool> is_new_;
};

}  // namespace

Result<std::vector<bool>> find_new_events(soci::session& session,
                                          const std::vector<UsageEvent>& events) {
  TG_TRY(auto written, Statement::prepare(session,
                                          "SELECT sequence FROM usage_events WHERE epoch = ? AND"
                                          " worker = ? AND sequence >= ? AND sequence <= ?"
                                          " ORDER BY sequence"));
  return NewEvents{events, written}.find();
}

}  // namespace tg::ledger
