// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

namespace tg {
namespace {

// Fills `out` from the file and says how much there was.
Result<std::size_t> read_into(int fd, std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const auto got = ::read(fd, out.data() + filled, out.size() - filled);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::kIo, "cannot read the file", errno);
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

// Of a pipe, as a shell's <(…) gives one, the size is not known before it has been read.
constexpr std::size_t kPipeBytesMax = 64 << 10;

struct Opened {
  FileDescriptor file;
  std::size_t size;  // what there is at most
  bool is_pipe;
};

Result<Opened> open_for_reading(const std::filesystem::path& path, std::size_t bytes_max) {
  FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid()) return fail(Code::kIo, "cannot open the file", errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail(Code::kIo, "cannot stat the file", errno);
  const bool is_pipe = !S_ISREG(status.st_mode);
  const auto size =
      is_pipe ? std::min(bytes_max, kPipeBytesMax) : static_cast<std::size_t>(status.st_size);
  if (size > bytes_max) return fail(Code::kIo, "the file is larger than allowed", EFBIG);
  return Opened{std::move(file), size, is_pipe};
}

Result<std::size_t> read_whole(const Opened& opened, std::span<char> out) {
  TG_TRY(const auto size, read_into(opened.file.get(), out));
  if (opened.is_pipe && size == out.size()) {
    return fail(Code::kIo, "the pipe gives more than allowed", EFBIG);
  }
  return size;
}

}  // namespace

void FileDescriptor::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

bool is_there(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  TG_TRY(auto opened, open_for_reading(path, bytes_max));
  std::string bytes(opened.size, '\0');
  TG_TRY(const auto size, read_whole(opened, bytes));
  bytes.resize(size);
  return bytes;
}

Result<SecretBytes> read_secret_file(const std::filesystem::path& path, std::size_t bytes_max) {
  TG_TRY(auto opened, open_for_reading(path, bytes_max));
  SecretBytes buffer{opened.size};
  const std::span out{reinterpret_cast<char*>(buffer.data()), buffer.size()};
  TG_TRY(const auto size, read_whole(opened, out));
  if (size == buffer.size()) return buffer;
  return SecretBytes{buffer.reveal().substr(0, size)};
}

Result<void> create_private_file(const std::filesystem::path& path, std::string_view bytes) {
  FileDescriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file.valid()) return fail(Code::kIo, "cannot create the file", errno);
  TG_TRY_DONE(write_all(file.get(), bytes));
  if (::fsync(file.get()) != 0) return fail(Code::kIo, "cannot sync the file", errno);
  return sync_folder(path.parent_path());
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail(Code::kIo, "cannot write the file", errno);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened.valid() && ::fsync(opened.get()) == 0) return {};
  return fail(Code::kIo, "cannot sync the folder", errno);
}

}  // namespace tg
