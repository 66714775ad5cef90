// SPDX-License-Identifier: Apache-2.0
#include "ledger/segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
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

Result<FileDescriptor> allocate(const std::filesystem::path& path, std::uint64_t bytes) {
  FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file.valid()) {
    const auto code = errno == ENOSPC ? Code::kJournalFull : Code::kIo;
    return fail(code, "cannot create a journal segment", errno);
  }
  // Blocks that exist: writing to the mapping later can then never fail for want of space.
  if (const int error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)); error != 0) {
    ::unlink(path.c_str());
    const auto code = error == ENOSPC || error == EDQUOT ? Code::kJournalFull : Code::kIo;
    return fail(code, "no space for a journal segment", error);
  }
  return file;
}

Result<Identity> make_identity(const SegmentName& name, std::uint64_t bytes) {
  Identity identity{.epoch = name.epoch, .worker = name.worker, .number = name.number};
  identity.bytes = bytes;
  if (::getentropy(&identity.salt, sizeof identity.salt) != 0) {
    return fail(Code::kIo, "no randomness for a journal segment", errno);
  }
  identity.check_sum = check_sum(identity);
  return identity;
}

}  // namespace

std::string file_name(const SegmentName& name) {
  return fmt::format("{:08}-{:03}-{:08}{}", name.epoch, name.worker, name.number, kSuffix);
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

Mapping::~Mapping() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<Mapping> Mapping::map(const FileDescriptor& file, std::size_t size, bool writable) {
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* at = ::mmap(nullptr, size, protection, MAP_SHARED, file.get(), 0);
  if (at == MAP_FAILED) return fail(Code::kIo, "cannot map a journal segment", errno);
  Mapping mapping;
  mapping.bytes_ = {static_cast<std::byte*>(at), size};
  return mapping;
}

Result<SegmentWriter> SegmentWriter::create(const std::filesystem::path& folder,
                                            const SegmentName& name, std::uint64_t bytes) {
  const auto path = folder / file_name(name);
  auto unfinished = path;
  unfinished += kUnfinishedSuffix;
  TG_TRY(const auto identity, make_identity(name, bytes));
  TG_TRY(const auto file, allocate(unfinished, bytes));
  SegmentWriter writer;
  TG_TRY(writer.mapping_, Mapping::map(file, bytes, true));
  for (const auto offset : {std::size_t{0}, kCopyOffset}) {
    std::memcpy(writer.mapping_.bytes().data() + offset, &identity, sizeof identity);
  }
  writer.number_ = name.number;
  writer.salt_ = identity.salt;
  // Only now does it bear a segment's name: a reader never sees one without its head.
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return fail(Code::kIo, "cannot name a journal segment", errno);
  }
  return writer;
}

void SegmentWriter::publish_record(std::size_t size) noexcept {
  publish(end(), size, {.salt = salt_, .offset = end_});
  end_ += padded(size);
  word_at(mapping_.bytes(), kWrittenOffset).store(end_, std::memory_order_release);
}

void SegmentWriter::seal() noexcept {
  word_at(mapping_.bytes(), kSealedOffset).store(1, std::memory_order_release);
}

Result<SegmentReader> SegmentReader::open(const std::filesystem::path& path) {
  SegmentReader reader;
  reader.file_ = FileDescriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!reader.file_.valid()) {
    const auto code = errno == ENOENT ? Code::kNotFound : Code::kIo;
    return fail(code, "cannot open a journal segment", errno);
  }
  struct stat status{};
  if (::fstat(reader.file_.get(), &status) != 0) {
    return fail(Code::kIo, "cannot stat a journal segment", errno);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < kSegmentHeadBytes) return fail(Code::kNotFound, "a segment without a head");
  TG_TRY(reader.mapping_, Mapping::map(reader.file_, size, false));

  const auto bytes = reader.mapping_.bytes();
  auto identity = read_identity(bytes, 0);
  if (!identity) identity = read_identity(bytes, kCopyOffset);
  if (!identity) {
    const bool blank =
        std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{}; });
    return fail(blank ? Code::kNotFound : Code::kCorrupt, "a segment whose head cannot be read");
  }
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
  const auto read = read_record(mapping_.bytes(), {.salt = salt_, .offset = position_});
  if (read.reading == Reading::kRecord) return advance(read.record);
  if (read.reading == Reading::kNothing) return std::nullopt;
  return search();
}

std::optional<Record> SegmentReader::next_recovered() {
  const auto read = read_record(mapping_.bytes(), {.salt = salt_, .offset = position_});
  if (read.reading == Reading::kRecord) return advance(read.record);
  auto found = search();
  // Whole in length but wrong: damage. Cut off or never finished: the end, and nothing was
  // promised.
  if (!found && read.reading == Reading::kDamaged) ++damaged_records_;
  return found;
}

std::optional<Record> SegmentReader::search() {
  const auto bytes = mapping_.bytes();
  for (auto offset = position_ + 8; offset + kRecordHeadBytes <= bytes.size(); offset += 8) {
    const auto read = read_record(bytes, {.salt = salt_, .offset = offset});
    if (read.reading != Reading::kRecord) continue;
    ++damaged_records_;
    position_ = offset;
    return advance(read.record);
  }
  return std::nullopt;
}

bool SegmentReader::sealed() const noexcept {
  return word_at(mapping_.bytes(), kSealedOffset).load(std::memory_order_acquire) != 0;
}

std::uint64_t SegmentReader::written_bytes() const noexcept {
  return word_at(mapping_.bytes(), kWrittenOffset).load(std::memory_order_acquire);
}

}  // namespace tg::ledger
