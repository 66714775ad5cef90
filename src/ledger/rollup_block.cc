// SPDX-License-Identifier: Apache-2.0
#include "ledger/rollup_block.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace tg::ledger {
namespace {

// Sums come first, then the counts of Usage, then the dimensions.
constexpr std::uint8_t kFirstCount = 64;
constexpr std::uint8_t kFirstDimension = 192;
constexpr std::uint8_t kMinutes = 255;
constexpr std::uint32_t kFirstSumPart = 128;

constexpr std::uint8_t id_of_sum(std::size_t number) {
  return static_cast<std::uint8_t>(number < kOwnSums ? number : kFirstCount + number - kOwnSums);
}
std::size_t sum_of_id(std::uint8_t id) {
  if (id < kOwnSums) return id;
  const std::size_t count = id - kFirstCount;
  return id >= kFirstCount && count < kUsageCounts.size() ? kOwnSums + count : kSums;
}
// In the order in which most questions want them, as parts are read one after the other: minutes,
// dimensions, sums, counts. Number 0 is a whole block's.
constexpr std::uint32_t part_of(std::uint8_t id) {
  if (id == kMinutes) return kMinutesPart;
  return id >= kFirstDimension ? kMinutesPart + 1 + (id - kFirstDimension) : kFirstSumPart + id;
}

// Which row comes first, second, …; empty: as they are.
using RowOrder = std::vector<std::uint32_t>;

// Key by key and model by model: whoever adds many rows up then finds each row's group beside the
// one before it.
RowOrder order_by_key(const RollupTable& table) {
  const auto number = [&table](Dimension dimension, std::size_t row) -> std::uint64_t {
    const auto& column = table.column(dimension);
    return column.empty() ? 0 : column[row];
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> rows(table.rows());
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    rows[row] = {number(Dimension::kKey, row) << 32 | number(Dimension::kModel, row), row};
  }
  std::ranges::sort(rows);
  RowOrder order;
  order.reserve(rows.size());
  for (const auto& each : rows) order.push_back(each.second);
  return order;
}

class Writer {
 public:
  template <class Value>
  void put(Value value) {
    const auto at = data_.size();
    data_.resize(at + sizeof value);
    std::memcpy(data_.data() + at, &value, sizeof value);
  }
  void put_text(std::string_view text) {
    const auto size = std::min<std::size_t>(text.size(), std::numeric_limits<std::uint16_t>::max());
    put(static_cast<std::uint16_t>(size));
    const auto bytes = std::as_bytes(std::span{text}.first(size));
    data_.insert(data_.end(), bytes.begin(), bytes.end());
  }

  template <class Value>
  void put_column(std::uint8_t id, std::size_t rows, const std::vector<Value>& values,
                  const RowOrder& order, const std::vector<std::string>* names = nullptr) {
    std::uint64_t most = 0;
    for (const auto value : values) most |= static_cast<std::uint64_t>(value);
    const auto width = static_cast<std::uint8_t>((std::bit_width(most) + 7) / 8);
    put(id);
    put(width);
    put(static_cast<std::uint32_t>(rows));
    if (names != nullptr) {
      put(static_cast<std::uint32_t>(names->size()));
      for (const auto& name : *names) put_text(name);
    }
    if (width > 0) put_values(values, width, order);
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::exchange(data_, {}); }

 private:
  template <class Value>
  void put_values(const std::vector<Value>& values, std::size_t width, const RowOrder& order) {
    auto at = data_.size();
    data_.resize(at + values.size() * width);
    for (std::size_t row = 0; row < values.size(); ++row) {
      const Value value = values[order.empty() ? row : order[row]];
      std::memcpy(data_.data() + at, &value, width);
      at += width;
    }
  }

  std::vector<std::byte> data_;
};

// Calls `put` for each column that is not zero throughout, with its id.
template <class Put>
void for_each_column(const RollupTable& table, const RowOrder& order, const Put& put) {
  put(kMinutes,
      [&](Writer& out) { out.put_column(kMinutes, table.rows(), table.minutes(), order); });
  for (std::size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    const auto& names = table.names(dimension);
    if (names.empty() || (names.size() == 1 && names[0].empty())) continue;
    const auto id = static_cast<std::uint8_t>(kFirstDimension + i);
    put(id, [&](Writer& out) {
      out.put_column(id, table.rows(), table.column(dimension), order, &names);
    });
  }
  for (std::size_t i = 0; i < kSums; ++i) {
    if (table.sum(i).empty()) continue;
    const auto id = id_of_sum(i);
    put(id, [&](Writer& out) { out.put_column(id, table.rows(), table.sum(i), order); });
  }
}

}  // namespace

std::vector<std::byte> encode_whole(const RollupTable& table) {
  Writer out;
  for_each_column(table, {}, [&out](std::uint8_t, const auto& column) { column(out); });
  return out.take();
}

std::vector<BlockPart> encode(const RollupTable& table) {
  std::vector<BlockPart> parts;
  if (table.rows() <= kRowsInOnePart) {
    parts.push_back({.number = kWholeBlock, .data = encode_whole(table)});
    return parts;
  }
  for_each_column(table, order_by_key(table), [&parts](std::uint8_t id, const auto& column) {
    Writer out;
    column(out);
    parts.push_back({.number = part_of(id), .data = out.take()});
  });
  return parts;
}

std::vector<std::uint32_t> Columns::parts() const {
  std::vector<std::uint32_t> numbers{kWholeBlock, part_of(kMinutes)};
  for (std::size_t i = 0; i < kDimensions; ++i) {
    if (!dimensions.contains(static_cast<Dimension>(i))) continue;
    numbers.push_back(part_of(static_cast<std::uint8_t>(kFirstDimension + i)));
  }
  for (std::size_t i = 0; i < kSums; ++i) {
    if ((sums >> i & 1) != 0) numbers.push_back(part_of(id_of_sum(i)));
  }
  return numbers;
}

class BlockReader::Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : bytes_{bytes} {}

  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  // What is not there reads as zero, and is_broken() from then on.
  template <class Value>
  Value get() {
    Value value{};
    const auto bytes = take(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::span<const std::byte> take(std::size_t size) {
    broken_ = broken_ || size > bytes_.size();
    if (broken_) return {};
    const auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  [[nodiscard]] bool is_broken() const { return broken_; }

 private:
  std::span<const std::byte> bytes_;
  bool broken_ = false;
};

namespace {

// Of a width that the compiler knows a copy is one instruction.
template <std::size_t kWidth, class Value>
void widen(std::span<const std::byte> bytes, std::vector<Value>& values) {
  static_assert(std::endian::native == std::endian::little);
  values.resize(bytes.size() / kWidth);
  const auto* from = bytes.data();
  for (auto& value : values) {
    std::uint64_t stored = 0;
    std::memcpy(&stored, from, kWidth);
    value = static_cast<Value>(stored);
    from += kWidth;
  }
}

template <class Value>
void read_values(std::span<const std::byte> bytes, std::uint8_t width, std::vector<Value>& values) {
  switch (width) {
    case 1: return widen<1>(bytes, values);
    case 2: return widen<2>(bytes, values);
    case 3: return widen<3>(bytes, values);
    case 4: return widen<4>(bytes, values);
    case 5: return widen<5>(bytes, values);
    case 6: return widen<6>(bytes, values);
    case 7: return widen<7>(bytes, values);
    case 8: return widen<8>(bytes, values);
    default: values.clear();
  }
}

std::unexpected<Error> damaged() {
  return fail(Code::kCorrupt,
              "a block of rollups is damaged; `tollgate ledger rebuild` makes it anew");
}

}  // namespace

Result<void> BlockReader::read(std::span<const std::byte> part) {
  Bytes bytes{part};
  while (!bytes.empty()) TG_TRY_DONE(read_column(bytes));
  return {};
}

Result<void> BlockReader::read_column(Bytes& bytes) {
  const auto id = bytes.get<std::uint8_t>();
  const auto width = bytes.get<std::uint8_t>();
  const std::size_t rows = bytes.get<std::uint32_t>();
  const bool is_dimension = id >= kFirstDimension && id != kMinutes;
  std::vector<std::string> names;
  if (is_dimension) {
    const auto count = bytes.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && !bytes.is_broken(); ++i) {
      const auto name = bytes.take(bytes.get<std::uint16_t>());
      names.emplace_back(reinterpret_cast<const char*>(name.data()), name.size());
    }
  }
  if (width > sizeof(std::int64_t)) return damaged();
  const auto values = bytes.take(rows * width);
  if (bytes.is_broken() || (any_ && rows != table_.rows_)) return damaged();
  table_.rows_ = rows;
  any_ = true;
  if (id == kMinutes) {
    read_values(values, width, table_.minutes_);
    return {};
  }
  if (!is_dimension) {
    const auto sum = sum_of_id(id);
    if (sum < kSums && (wanted_.sums >> sum & 1) != 0)
      read_values(values, width, table_.sums_[sum]);
    return {};
  }
  const std::size_t number = id - kFirstDimension;
  if (number >= kDimensions || !wanted_.dimensions.contains(static_cast<Dimension>(number))) {
    return {};
  }
  auto& dimension = table_.dimensions_[number];
  read_values(values, width, dimension.column);
  dimension.names = std::move(names);
  const auto largest = dimension.column.empty() ? 0 : std::ranges::max(dimension.column);
  if (rows > 0 && largest >= dimension.names.size()) return damaged();
  return {};
}

RollupTable BlockReader::finish() {
  for (auto& dimension : table_.dimensions_) {
    if (dimension.names.empty() && table_.rows_ > 0) dimension.names.emplace_back();
  }
  any_ = false;
  return std::exchange(table_, {});
}

}  // namespace tg::ledger
