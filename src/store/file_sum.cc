// SPDX-License-Identifier: Apache-2.0
#include "store/file_sum.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/files.h"

namespace tg::store {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

// Reads up to `bytes_max` bytes; writes them to `to` unless that is -1.
Result<FileSum> stream(int from, int to, std::uint64_t bytes_max) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, crypto_generichash_BYTES);
  std::vector<char> piece(kPieceBytes);
  FileSum sum;
  while (sum.bytes < bytes_max) {
    const auto wanted = std::min<std::uint64_t>(piece.size(), bytes_max - sum.bytes);
    const auto got = ::read(from, piece.data(), wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::kIo, "cannot read a file", errno);
    if (got == 0) break;
    const std::string_view bytes{piece.data(), static_cast<std::size_t>(got)};
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
    if (to >= 0) TG_TRY_DONE(write_all(to, bytes));
    sum.bytes += bytes.size();
  }
  std::array<unsigned char, crypto_generichash_BYTES> hash{};
  crypto_generichash_final(&state, hash.data(), hash.size());
  sum.hash = to_hex(hash);
  return sum;
}

Result<FileDescriptor> open_to_read(const std::filesystem::path& path) {
  FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file.valid()) return fail(Code::kIo, "cannot open a file", errno);
  return file;
}

}  // namespace

Result<FileSum> sum_file(const std::filesystem::path& path) {
  TG_TRY(const auto file, open_to_read(path));
  return stream(file.get(), -1, std::numeric_limits<std::uint64_t>::max());
}

Result<FileSum> copy_private_file(const std::filesystem::path& from,
                                  const std::filesystem::path& to, std::uint64_t bytes_max) {
  TG_TRY(const auto source, open_to_read(from));
  const FileDescriptor target{
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!target.valid()) return fail(Code::kIo, "cannot create a copied file", errno);
  TG_TRY(auto sum, stream(source.get(), target.get(), bytes_max));
  if (::fsync(target.get()) != 0) return fail(Code::kIo, "cannot sync a copied file", errno);
  return sum;
}

}  // namespace tg::store
