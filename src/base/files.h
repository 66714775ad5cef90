// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/secret_bytes.h"

// File descriptors that close themselves, and the few ways in which we read and write whole files.
namespace tg {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_{fd} {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

[[nodiscard]] bool is_there(const std::filesystem::path& path) noexcept;

[[nodiscard]] Result<std::string> read_file(const std::filesystem::path& path,
                                            std::size_t bytes_max = 16 << 20);
[[nodiscard]] Result<SecretBytes> read_secret_file(const std::filesystem::path& path,
                                                   std::size_t bytes_max = 64 << 10);

// Creates the file with mode 0600 and refuses one that exists; synced, with its folder.
[[nodiscard]] Result<void> create_private_file(const std::filesystem::path& path,
                                               std::string_view bytes);
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes);
// The names in it, and those that are gone, last.
[[nodiscard]] Result<void> sync_folder(const std::filesystem::path& folder);

}  // namespace tg
