// SPDX-License-Identifier: Apache-2.0
#include "ledger/batch_sums.h"

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstring>
#include <functional>
#include <utility>

#include "base/result.h"

namespace tg::ledger {
namespace {

constexpr unsigned kRankBits = 21;

// The first sixteen characters as numbers that sort as they do: enough for ids, which are random.
std::array<std::uint64_t, 2> sorting_prefix(std::string_view name) {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), name.data(), std::min(name.size(), sizeof words));
  for (auto& word : words) word = __builtin_bswap64(word);
  return words;
}

// One event's share in one row. Rows sort by `high`, then by `low`.
struct Share {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t of = 0;  // the event, as it was added

  [[nodiscard]] bool same_row(const Share& other) const {
    return high == other.high && low == other.low;
  }
  friend auto operator<=>(const Share&, const Share&) = default;
};

}  // namespace

Names::Names(std::size_t expected) : slots_(std::bit_ceil(2 * expected + 16)) {
  names_.reserve(expected);
}

std::uint32_t Names::number_of(std::string_view name) {
  const auto hash = std::hash<std::string_view>{}(name);
  auto& slot = slot_of(name, hash);
  if (slot.taken) return slot.number;
  const auto number = static_cast<std::uint32_t>(names_.size());
  TG_CHECK(number < (1U << kRankBits));
  slot = {.hash = hash, .number = number, .taken = true};
  names_.push_back(name);
  if (2 * names_.size() > slots_.size()) grow();
  return number;
}

Names::Slot& Names::slot_of(std::string_view name, std::uint64_t hash) {
  for (auto at = hash;; ++at) {
    auto& slot = slots_[at & (slots_.size() - 1)];
    if (!slot.taken || (slot.hash == hash && names_[slot.number] == name)) return slot;
  }
}

void Names::grow() {
  const auto old = std::exchange(slots_, std::vector<Slot>(2 * slots_.size()));
  for (const auto& slot : old) {
    if (slot.taken) slot_of(names_[slot.number], slot.hash) = slot;
  }
}

std::vector<std::uint32_t> Names::sorted() const {
  struct Entry {
    std::array<std::uint64_t, 2> prefix;
    std::uint32_t number;
  };
  std::vector<Entry> entries(names_.size());
  for (std::uint32_t number = 0; number < names_.size(); ++number) {
    entries[number] = {.prefix = sorting_prefix(names_[number]), .number = number};
  }
  std::ranges::sort(entries, [this](const Entry& left, const Entry& right) {
    if (left.prefix != right.prefix) return left.prefix < right.prefix;
    return names_[left.number] < names_[right.number];
  });
  std::vector<std::uint32_t> numbers;
  numbers.reserve(entries.size());
  for (const auto& entry : entries) numbers.push_back(entry.number);
  return numbers;
}

BatchSums::BatchSums(std::size_t events_expected) : names_{2 * events_expected} {
  added_.reserve(events_expected);
}

void BatchSums::add(const UsageEvent& event) {
  const auto& admission = event.admission;
  added_.push_back({.event = &event,
                    .key = names_.number_of(admission.key_id),
                    .owner = names_.number_of(admission.owner_id),
                    .project = names_.number_of(admission.project_id),
                    .organization = names_.number_of(admission.organization_id),
                    .upstream_model = names_.number_of(admission.upstream_model)});
}

class BatchSums::Sorter {
 public:
  Sorter(const std::vector<Added>& added, const Names& names)
      : added_{added}, names_{names}, by_rank_{names.sorted()}, ranks_(by_rank_.size()) {
    for (std::uint32_t rank = 0; rank < by_rank_.size(); ++rank) ranks_[by_rank_[rank]] = rank;
  }

  [[nodiscard]] std::vector<SliceRow> slices() const {
    auto shares = slice_shares();
    std::ranges::sort(shares);
    std::vector<SliceRow> rows;
    rows.reserve(shares.size());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const auto& event = *added_[shares[i].of].event;
      if (i == 0 || !shares[i].same_row(shares[i - 1])) rows.push_back(row_of(shares[i], event));
      auto& row = rows.back();
      row.charge += event.settlement.charge.count();
      row.tokens += tokens_of(event.settlement.usage);
      ++row.requests;
    }
    return rows;
  }

 private:
  [[nodiscard]] std::uint64_t rank(std::uint32_t number) const { return ranks_[number]; }

  // `high` is whose it is; `low` the model, 0 for all of them, and the slice.
  [[nodiscard]] std::vector<Share> slice_shares() const {
    std::vector<Share> shares;
    shares.reserve(5 * added_.size());
    for (std::uint32_t i = 0; i < added_.size(); ++i) {
      const auto& added = added_[i];
      const auto& admission = added.event->admission;
      if (admission.test) continue;
      const auto slice = static_cast<std::uint64_t>(to_unix_ms(admission.at)) /
                         static_cast<std::uint64_t>(kSliceLength.count());
      const auto share = [&](SpentBy by, std::uint32_t id, std::uint64_t model) {
        shares.push_back({.high = (static_cast<std::uint64_t>(by) << kRankBits) | rank(id),
                          .low = (model << (2 * kRankBits)) | slice,
                          .of = i});
      };
      share(SpentBy::kKey, added.key, 0);
      share(SpentBy::kProject, added.project, 0);
      share(SpentBy::kOrganization, added.organization, 0);
      share(SpentBy::kOwner, added.owner, 0);
      if (!admission.upstream_model.empty()) {
        share(SpentBy::kProject, added.project, 1 + rank(added.upstream_model));
      }
    }
    return shares;
  }

  [[nodiscard]] SliceRow row_of(const Share& share, const UsageEvent& event) const {
    const auto model = share.low >> (2 * kRankBits);
    return {.by = static_cast<SpentBy>(share.high >> kRankBits),
            .id = names_.at(by_rank_[share.high & ((1U << kRankBits) - 1)]),
            .model = model == 0 ? std::string_view{} : names_.at(by_rank_[model - 1]),
            .begin_ms = to_unix_ms(slice_of(event.admission.at))};
  }

  const std::vector<Added>& added_;
  const Names& names_;
  std::vector<std::uint32_t> by_rank_;  // rank → number
  std::vector<std::uint32_t> ranks_;    // number → rank
};

std::vector<SliceRow> BatchSums::slices() const { return Sorter{added_, names_}.slices(); }

}  // namespace tg::ledger
