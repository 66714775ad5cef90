// SPDX-License-Identifier: Apache-2.0
#include "ledger/disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/files.h"

namespace tg::ledger {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refuse(const char* detail, int error) {
  if (error == ENOSPC || error == EDQUOT) return fail(Code::kJournalFull, detail, error);
  return fail(error == ENOENT ? Code::kNotFound : Code::kIo, detail, error);
}

class RealFile final : public MappedFile {
 public:
  explicit RealFile(FileDescriptor file) noexcept : file_{std::move(file)} {}
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;
  ~RealFile() override {
    if (!bytes().empty()) ::munmap(bytes().data(), bytes().size());
  }

  // The length does not change, so the data is all there is to sync.
  Result<void> sync() override {
    if (::fdatasync(file_.get()) != 0) return refuse("cannot sync a journal segment", errno);
    return {};
  }

  void let_go(std::size_t begin, std::size_t end) noexcept override {
    (void)::madvise(bytes().data() + begin, end - begin, MADV_DONTNEED);
  }

  Result<void> map(std::size_t size, int protection) {
    if (size == 0) return {};
    void* at = ::mmap(nullptr, size, protection, MAP_SHARED, file_.get(), 0);
    if (at == MAP_FAILED) return refuse("cannot map a journal segment", errno);
    set_bytes({static_cast<std::byte*>(at), size});
    return {};
  }

 private:
  FileDescriptor file_;
};

// A batch of the transfer takes less room than the four segments that it may empty.
constexpr std::uint64_t kLeftForDatabase = 4;

int allocate(int fd, std::uint64_t bytes) {
  struct statvfs status{};
  if (::fstatvfs(fd, &status) != 0) return errno;
  if (status.f_bavail * status.f_frsize < (1 + kLeftForDatabase) * bytes) return ENOSPC;
  for (;;) {
    const int error = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes));
    if (error != EINTR) return error;
  }
}

Result<std::unique_ptr<MappedFile>> open_mapped(const fs::path& path, int how, int protection) {
  FileDescriptor file{::open(path.c_str(), how | O_CLOEXEC)};
  if (!file.valid()) return refuse("cannot open a journal segment", errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return refuse("cannot stat a journal segment", errno);
  auto mapped = std::make_unique<RealFile>(std::move(file));
  TG_TRY_DONE(mapped->map(static_cast<std::size_t>(status.st_size), protection));
  return mapped;
}

class RealDisk final : public Disk {
 public:
  Result<void> make_folder(const fs::path& folder) override;
  Result<std::vector<std::string>> list(const fs::path& folder) override;
  Result<std::unique_ptr<MappedFile>> create(const fs::path& path, std::uint64_t bytes) override;
  Result<std::unique_ptr<MappedFile>> open(const fs::path& path) override;
  Result<std::unique_ptr<MappedFile>> reopen(const fs::path& path, std::uint64_t bytes) override;
  Result<void> rename(const fs::path& from, const fs::path& to) override;
  Result<void> remove(const fs::path& path) override;
  bool exists(const fs::path& path) override { return ::access(path.c_str(), F_OK) == 0; }
  Result<void> sync_folder(const fs::path& folder) override;
  Result<std::uint32_t> salt() override;
};

Result<void> RealDisk::make_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::create_directories(folder, error) && !error) return {};
  if (error) return refuse("cannot create the journal's folder", error.value());
  return sync_folder(fs::absolute(folder).parent_path());
}

Result<std::vector<std::string>> RealDisk::list(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::directory_iterator{folder, error};
       !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return refuse("cannot read the journal's folder", error.value());
  return names;
}

Result<std::unique_ptr<MappedFile>> RealDisk::create(const fs::path& path, std::uint64_t bytes) {
  FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file.valid()) return refuse("cannot create a journal segment", errno);
  Result<void> made;
  if (const int error = allocate(file.get(), bytes); error != 0) {
    made = refuse("no space for a journal segment", error);
  }
  auto mapped = std::make_unique<RealFile>(std::move(file));
  if (made) made = mapped->map(bytes, PROT_READ | PROT_WRITE);
  if (made) return mapped;
  ::unlink(path.c_str());
  return std::unexpected(made.error());
}

Result<std::unique_ptr<MappedFile>> RealDisk::open(const fs::path& path) {
  return open_mapped(path, O_RDONLY, PROT_READ);
}

Result<std::unique_ptr<MappedFile>> RealDisk::reopen(const fs::path& path, std::uint64_t bytes) {
  TG_TRY(auto file, open_mapped(path, O_RDWR, PROT_READ | PROT_WRITE));
  if (file->bytes().size() != bytes) return refuse("a journal segment of another size", ENOENT);
  return file;
}

Result<void> RealDisk::rename(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return refuse("cannot name a journal segment", errno);
}

Result<void> RealDisk::remove(const fs::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return refuse("cannot remove a journal segment", errno);
}

Result<void> RealDisk::sync_folder(const fs::path& folder) {
  const FileDescriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened.valid() && ::fsync(opened.get()) == 0) return {};
  return refuse("cannot sync the journal's folder", errno);
}

Result<std::uint32_t> RealDisk::salt() {
  std::uint32_t salt = 0;
  if (::getentropy(&salt, sizeof salt) == 0) return salt;
  return fail(Code::kIo, "no randomness for a journal segment", errno);
}

}  // namespace

Disk& real_disk() noexcept {
  static RealDisk disk;
  return disk;
}

}  // namespace tg::ledger
