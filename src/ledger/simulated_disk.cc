// SPDX-License-Identifier: Apache-2.0
#include "ledger/simulated_disk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kAtomBytes = 8;  // what memory and disk write whole

using Bytes = std::vector<std::byte>;

bool toss(std::mt19937_64& random) { return (random() & 1) != 0; }

// Some of `now` and some of `before`, as a page that was being written when the power went.
void tear(std::span<const std::byte> before, std::span<const std::byte> now,
          std::span<std::byte> out, std::mt19937_64& random) {
  const auto atoms = out.size() / kAtomBytes;
  const auto cut = atoms < 2 ? 0 : (1 + random() % (atoms - 1)) * kAtomBytes;
  const bool now_first = toss(random);
  std::ranges::copy((now_first ? now : before).first(cut), out.begin());
  std::ranges::copy((now_first ? before : now).subspan(cut), out.begin() + cut);
}

}  // namespace

struct SimulatedDisk::Inode {
  explicit Inode(std::size_t size)
      : live{std::make_shared<Bytes>(size)}, written(size), durable(size) {}

  template <typename Act>
  void for_each_unsynced_page(const Act& act) {
    for (std::size_t at = 0; at < written.size(); at += kPageBytes) {
      const auto size = std::min(kPageBytes, written.size() - at);
      const std::span now{live->data() + at, size};
      const std::span known{written.data() + at, size};
      if (!std::ranges::equal(now, known)) act(now, known, std::span{durable.data() + at, size});
    }
  }

  // Each unsynced page is old, new or torn.
  void lose(std::mt19937_64& random) {
    for_each_unsynced_page([&](auto now, auto, auto kept) {
      const auto choice = random() % 3;
      if (choice == 1) std::ranges::copy(now, kept.begin());
      if (choice == 2) tear(Bytes{kept.begin(), kept.end()}, now, kept, random);
    });
    written = *live = durable;
  }

  std::shared_ptr<Bytes> live;  // shared with the mappings
  Bytes written;
  Bytes durable;
};

class SimulatedDisk::File final : public MappedFile {
 public:
  File(SimulatedDisk& disk, std::shared_ptr<Inode> inode)
      : disk_{disk}, generation_{disk.generation_}, inode_{std::move(inode)}, live_{inode_->live} {
    set_bytes(*live_);
  }

  Result<void> sync() override {
    if (generation_ != disk_.generation_) return fail(Code::kIo, "cut off", EIO);
    const auto synced = disk_.try_sync();
    inode_->for_each_unsynced_page([&](auto now, auto known, auto kept) {
      std::ranges::copy(now, known.begin());
      if (synced) std::ranges::copy(now, kept.begin());
    });
    return synced;
  }

 private:
  SimulatedDisk& disk_;
  const std::uint64_t generation_;
  const std::shared_ptr<Inode> inode_;
  const std::shared_ptr<Bytes> live_;
};

Result<void> SimulatedDisk::usable(bool changes_names) const {
  if (stopped_) return fail(Code::kIo, "the disk is stopped", EIO);
  if (changes_names && read_only_) return fail(Code::kIo, "the disk is read-only", EROFS);
  return {};
}

Result<void> SimulatedDisk::make_folder(const fs::path& /*folder*/) { return usable(false); }

Result<std::vector<std::string>> SimulatedDisk::list(const fs::path& folder) {
  TG_TRY_DONE(usable(false));
  std::vector<std::string> names;
  for (const auto& [path, inode] : live_) {
    if (fs::path{path}.parent_path() == folder) names.push_back(fs::path{path}.filename());
  }
  return names;
}

Result<std::unique_ptr<MappedFile>> SimulatedDisk::create(const fs::path& path,
                                                          std::uint64_t bytes) {
  TG_TRY_DONE(usable(true));
  if (full_) return fail(Code::kJournalFull, "the disk is full", ENOSPC);
  auto inode = std::make_shared<Inode>(bytes);
  note({.from = {}, .to = path, .inode = inode});
  return std::make_unique<File>(*this, std::move(inode));
}

Result<std::unique_ptr<MappedFile>> SimulatedDisk::open(const fs::path& path) {
  TG_TRY_DONE(usable(false));
  const auto found = live_.find(path);
  if (found == live_.end()) return fail(Code::kNotFound, "no such file", ENOENT);
  return std::make_unique<File>(*this, found->second);
}

Result<std::unique_ptr<MappedFile>> SimulatedDisk::reopen(const fs::path& path,
                                                          std::uint64_t bytes) {
  TG_TRY(auto file, open(path));
  if (file->bytes().size() != bytes) return fail(Code::kNotFound, "of another size", ENOENT);
  return file;
}

Result<void> SimulatedDisk::rename(const fs::path& from, const fs::path& to) {
  TG_TRY_DONE(usable(true));
  const auto found = live_.find(from);
  if (found == live_.end()) return fail(Code::kNotFound, "no such file", ENOENT);
  note({.from = from, .to = to, .inode = found->second});
  return {};
}

Result<void> SimulatedDisk::remove(const fs::path& path) {
  TG_TRY_DONE(usable(true));
  if (live_.contains(path)) note({.from = path, .to = {}, .inode = nullptr});
  return {};
}

bool SimulatedDisk::exists(const fs::path& path) { return !stopped_ && live_.contains(path); }

Result<void> SimulatedDisk::sync_folder(const fs::path& folder) {
  TG_TRY_DONE(usable(false));
  const auto synced = try_sync();
  std::erase_if(unsynced_, [&](const Change& change) {
    const fs::path path = change.to.empty() ? change.from : change.to;
    if (path.parent_path() != folder) return false;
    if (synced) apply(change, durable_);
    return true;
  });
  return synced;
}

Result<std::uint32_t> SimulatedDisk::salt() { return static_cast<std::uint32_t>(salts_()); }

Result<void> SimulatedDisk::try_sync() {
  ++syncs_;
  if (failing_syncs_ == 0) return {};
  --failing_syncs_;
  return fail(Code::kIo, "injected", EIO);
}

void SimulatedDisk::apply(const Change& change, Folder& names) {
  if (!change.from.empty()) names.erase(change.from);
  if (!change.to.empty()) names[change.to] = change.inode;
}

void SimulatedDisk::note(Change change) {
  apply(change, live_);
  unsynced_.push_back(std::move(change));
}

std::vector<std::shared_ptr<SimulatedDisk::Inode>> SimulatedDisk::inodes() const {
  std::vector<std::shared_ptr<Inode>> all;
  const auto add = [&](const std::shared_ptr<Inode>& inode) {
    if (inode && std::ranges::find(all, inode) == all.end()) all.push_back(inode);
  };
  for (const auto& [path, inode] : live_) add(inode);
  for (const auto& [path, inode] : durable_) add(inode);
  for (const auto& change : unsynced_) add(change.inode);
  return all;
}

void SimulatedDisk::cut_off() {
  for (const auto& inode : inodes()) inode->live = std::make_shared<Bytes>(*inode->live);
  ++generation_;
  stopped_ = true;
}

void SimulatedDisk::crash() { cut_off(); }

void SimulatedDisk::lose_power(std::mt19937_64& random) {
  cut_off();
  for (const auto& inode : inodes()) inode->lose(random);
  for (const auto& change : std::exchange(unsynced_, {})) {
    if (toss(random)) apply(change, durable_);
  }
  live_ = durable_;
}

void SimulatedDisk::restart() { stopped_ = false; }

void SimulatedDisk::write_back(std::mt19937_64& random) {
  for (const auto& inode : inodes()) {
    inode->for_each_unsynced_page([&](auto now, auto known, auto kept) {
      if (toss(random)) return;
      std::ranges::copy(now, known.begin());
      std::ranges::copy(now, kept.begin());
    });
  }
}

std::vector<fs::path> SimulatedDisk::files() const {
  std::vector<fs::path> paths;
  for (const auto& [path, inode] : live_) paths.emplace_back(path);
  return paths;
}

}  // namespace tg::ledger
