// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace tg {
namespace {

// The read end of a pipe that gives `text` and ends.
FileDescriptor pipe_with(std::string_view text) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const FileDescriptor writing{ends[1]};
  EXPECT_TRUE(write_all(writing.get(), text));
  return FileDescriptor{ends[0]};
}

std::string path_of(const FileDescriptor& file) { return "/dev/fd/" + std::to_string(file.get()); }

TEST(Files, APipeIsReadToItsEnd) {
  const auto secret = pipe_with("a password\n");
  EXPECT_EQ(read_secret_file(path_of(secret), 4096).value().reveal(), "a password\n");
  const auto plain = pipe_with("a setting\n");
  EXPECT_EQ(read_file(path_of(plain)).value(), "a setting\n");
  EXPECT_EQ(read_file("/dev/null").value(), "");
}

TEST(Files, APipeThatGivesTooMuchIsRefusedNotCut) {
  const auto secret = pipe_with(std::string(100, 'x'));
  EXPECT_EQ(read_secret_file(path_of(secret), 50).error().system_errno, EFBIG);
}

}  // namespace
}  // namespace tg
