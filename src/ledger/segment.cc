// SPDX-License-Identifier: Apache-2.0
#include "ledger/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>

#include "base/encoding.h"

namespace tg::ledger {
namespace {

constexpr std::string_view kSuffix = ".journal";
constexpr std::uint64_t kMagic = 0x4c4e524a'4c4c4f54;  // "TOLLJRNL"
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kCopyOffset = 64;      // a flipped byte spoils one copy only
constexpr std::size_t kWrittenOffset = 128;  // a cache line of their own
constexpr std::size_t kSealedOffset = 136;
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kLetGoBytes = 256 << 10;

struct Identity {
  std::uint64_t magic = kMagic;
  std::uint32_t version = kFormatVersion;
  std::uint32_t epoch = 0;
  std::uint32_t worker = 0;
  std::uint32_t salt = 0;
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::uint32_t check_sum = 0;
  std::uint32_t unused = 0;
};
static_assert(sizeof(Identity) == 48 && std::has_unique_object_representations_v<Identity>);

std::uint32_t check_sum(const Identity& identity) noexcept {
  return crc32({reinterpret_cast<const char*>(&identity), offsetof(Identity, check_sum)});
}

std::optional<Identity> read_identity(std::span<const std::byte> bytes, std::size_t offset) {
  Identity identity;
  std::memcpy(&identity, bytes.data() + offset, sizeof identity);
  const bool good = identity.magic == kMagic && identity.version == kFormatVersion &&
                    identity.check_sum == check_sum(identity);
  if (!good) return std::nullopt;
  return identity;
}

std::atomic_ref<std::uint64_t> word_at(std::span<std::byte> bytes, std::size_t offset) noexcept {
  return std::atomic_ref{*reinterpret_cast<std::uint64_t*>(bytes.data() + offset)};
}

template <typename Number>
bool take_number(std::string_view& text, char end, Number& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop == text.data() + text.size() || *stop != end) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + (end == '-' ? 1 : 0));
  return true;
}

Identity make_identity(const SegmentName& name, std::uint64_t bytes, std::uint32_t salt) {
  Identity identity{.epoch = name.epoch, .worker = name.worker, .salt = salt};
  identity.number = name.number;
  identity.bytes = bytes;
  identity.check_sum = check_sum(identity);
  return identity;
}

std::filesystem::path retired_path(const std::filesystem::path& folder, std::uint16_t worker) {
  return folder / fmt::format("{:03}{}", worker, kRetiredSuffix);
}

Result<std::unique_ptr<MappedFile>> reuse_retired(Disk& disk, const std::filesystem::path& retired,
                                                  const std::filesystem::path& unfinished,
                                                  std::uint64_t bytes) {
  TG_TRY_DONE(disk.rename(retired, unfinished));
  return disk.reopen(unfinished, bytes);
}

// A new file replaces a retired one that cannot be used.
Result<std::unique_ptr<MappedFile>> make_file(Disk& disk, const std::filesystem::path& retired,
                                              const std::filesystem::path& unfinished,
                                              std::uint64_t bytes) {
  if (auto reused = reuse_retired(disk, retired, unfinished, bytes)) return reused;
  return disk.create(unfinished, bytes);
}

// Gives the segment its head, and only then its name: a reader never sees one without it. What
// stood in a retired one stays behind the end, where it has another salt.
Result<void> begin(Disk& disk, const std::filesystem::path& unfinished, const Identity& identity,
                   std::span<std::byte> bytes) {
  for (const auto offset : {kWrittenOffset, kSealedOffset, kSegmentHeadBytes}) {
    word_at(bytes, offset).store(0, std::memory_order_relaxed);
  }
  for (const auto offset : {std::size_t{0}, kCopyOffset}) {
    std::memcpy(bytes.data() + offset, &identity, sizeof identity);
  }
  auto path = unfinished;
  return disk.rename(unfinished, path.replace_extension());
}

}  // namespace

std::string file_name(const SegmentName& name) {
  return fmt::format("{:08}-{:03}-{:08}{}", name.epoch, name.worker, name.number, kSuffix);
}

Result<void> retire_segment(Disk& disk, const std::filesystem::path& folder,
                            const SegmentName& name) {
  const auto path = folder / file_name(name);
  if (disk.rename(path, retired_path(folder, name.worker))) return {};
  return disk.remove(path);
}

Result<void> remove_retired(Disk& disk, const std::filesystem::path& folder, std::uint16_t worker) {
  return disk.remove(retired_path(folder, worker));
}

std::optional<SegmentName> parse_file_name(std::string_view file) {
  if (!file.ends_with(kSuffix)) return std::nullopt;
  SegmentName name;
  if (!take_number(file, '-', name.epoch) || !take_number(file, '-', name.worker) ||
      !take_number(file, '.', name.number) || file != kSuffix) {
    return std::nullopt;
  }
  return name;
}

Result<SegmentWriter> SegmentWriter::create(Disk& disk, const std::filesystem::path& folder,
                                            const SegmentName& name, std::uint64_t bytes) {
  auto unfinished = folder / file_name(name);
  unfinished += kUnfinishedSuffix;
  TG_TRY(const auto salt, disk.salt());
  SegmentWriter writer;
  TG_TRY(writer.file_, make_file(disk, retired_path(folder, name.worker), unfinished, bytes));
  writer.bytes_ = writer.file_->bytes();
  writer.number_ = name.number;
  writer.salt_ = salt;
  writer.let_go_ = kPageBytes;  // the first one's words change with every record
  if (auto begun = begin(disk, unfinished, make_identity(name, bytes, salt), writer.bytes_);
      !begun) {
    (void)disk.remove(unfinished);  // the recovery removes it where this fails as well
    return std::unexpected(begun.error());
  }
  return writer;
}

void SegmentWriter::publish_record(std::size_t size) noexcept {
  const auto next = position_ + padded(size);
  // Nothing follows it, whatever stood there before.
  if (next + kRecordHeadBytes <= bytes_.size()) {
    word_at(bytes_, next).store(0, std::memory_order_relaxed);
  }
  publish(end(), size, {.salt = salt_, .offset = position_});
  position_ = next;
  word_at(bytes_, kWrittenOffset).store(position_, std::memory_order_release);
  if (position_ >= let_go_ + kLetGoBytes) {
    file_->let_go(let_go_, let_go_ + kLetGoBytes);
    let_go_ += kLetGoBytes;
  }
}

void SegmentWriter::seal() noexcept {
  word_at(bytes_, kSealedOffset).store(1, std::memory_order_release);
}

Result<SegmentReader> SegmentReader::open(Disk& disk, const std::filesystem::path& path) {
  SegmentReader reader;
  TG_TRY(reader.file_, disk.open(path));
  const auto bytes = reader.file_->bytes();
  if (bytes.size() < kSegmentHeadBytes) return fail(Code::kNotFound, "a segment without a head");
  auto identity = read_identity(bytes, 0);
  if (!identity) identity = read_identity(bytes, kCopyOffset);
  if (!identity) {
    const bool blank =
        std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
    return fail(blank ? Code::kNotFound : Code::kCorrupt, "a segment whose head cannot be read");
  }
  reader.bytes_ = bytes;
  reader.name_ = {.epoch = identity->epoch,
                  .worker = static_cast<std::uint16_t>(identity->worker),
                  .number = identity->number};
  reader.salt_ = identity->salt;
  return reader;
}

std::optional<Record> SegmentReader::advance(const Record& record) {
  position_ += record.size;
  return record;
}

std::optional<Record> SegmentReader::next() {
  const auto read = read_record(bytes_, {.salt = salt_, .offset = position_});
  if (read.reading == Reading::kRecord) return advance(read.record);
  if (read.reading == Reading::kNothing) return std::nullopt;
  return search();
}

std::optional<Record> SegmentReader::next_recovered() {
  const auto read = read_record(bytes_, {.salt = salt_, .offset = position_});
  if (read.reading == Reading::kRecord) return advance(read.record);
  const bool written = position_ < written_bytes();
  auto found = search();
  // Whole in length but wrong: damage. Cut off, never finished or of what stood there before: the
  // end, and nothing was promised.
  if (!found && written && read.reading == Reading::kDamaged) ++damaged_records_;
  return found;
}

std::optional<Record> SegmentReader::search() {
  for (auto offset = position_ + 8; offset + kRecordHeadBytes <= bytes_.size(); offset += 8) {
    const auto read = read_record(bytes_, {.salt = salt_, .offset = offset});
    if (read.reading != Reading::kRecord) continue;
    ++damaged_records_;
    position_ = offset;
    return advance(read.record);
  }
  return std::nullopt;
}

bool SegmentReader::sealed() const noexcept {
  return word_at(bytes_, kSealedOffset).load(std::memory_order_acquire) != 0;
}

std::uint64_t SegmentReader::written_bytes() const noexcept {
  return word_at(bytes_, kWrittenOffset).load(std::memory_order_acquire);
}

}  // namespace tg::ledger
