// SPDX-License-Identifier: Apache-2.0
#include "gateway/spill.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace tg::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kSealedBytes = SpillFile::kPieceBytes + kTagBytes;
// What journal and database may want next: four segments and a large transaction.
constexpr std::uint64_t kLeftFreeBytes = 256 << 20;
constexpr std::uint64_t kPiecesBetweenLooks = 16;  // at how much the disk has left: every MiB

using Sealed = std::array<unsigned char, kSealedBytes>;
using Nonce = std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES>;

Nonce nonce_of(std::uint64_t file, std::uint64_t piece) {
  Nonce nonce{};
  std::memcpy(nonce.data(), &file, sizeof file);
  std::memcpy(nonce.data() + sizeof file, &piece, sizeof piece);
  return nonce;
}

Result<FileDescriptor> open_nameless(const fs::path& folder) {
  FileDescriptor file{::open(folder.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600)};
  if (file.valid()) return file;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) {
    return fail(errno == ENOSPC || errno == EMFILE ? Code::kOverloaded : Code::kIo,
                "cannot make a spill file", errno);
  }
  // A file system without nameless files: it has its name for an instant, and nothing in it then.
  auto path = (folder / "spill-XXXXXX").string();
  file = FileDescriptor{::mkostemp(path.data(), O_CLOEXEC)};
  if (!file.valid()) return fail(Code::kIo, "cannot make a spill file", errno);
  ::unlink(path.c_str());
  return file;
}

Result<void> check_room(int fd) {
  struct statvfs status{};
  if (::fstatvfs(fd, &status) != 0) return fail(Code::kIo, "cannot ask for a disk's room", errno);
  if (status.f_bavail * status.f_frsize >= kLeftFreeBytes) return {};
  return fail(Code::kOverloaded, "the disk has no room for uploads", ENOSPC);
}

}  // namespace

SpillArea::SpillArea(fs::path folder, std::uint64_t bytes_max)
    : folder_{std::move(folder)},
      bytes_max_{bytes_max},
      key_{SecretBytes::random(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)} {}

Result<std::unique_ptr<SpillArea>> SpillArea::open(const fs::path& folder,
                                                   std::uint64_t bytes_max) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) fs::create_directory(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(Code::kIo, "cannot make the folder for uploads", error.value());
  return std::unique_ptr<SpillArea>{new SpillArea{folder, bytes_max}};
}

Result<std::unique_ptr<SpillFile>> SpillArea::create() {
  TG_TRY(auto file, open_nameless(folder_));
  return std::unique_ptr<SpillFile>{new SpillFile{*this, std::move(file), next_number_++}};
}

bool SpillArea::take(std::uint64_t bytes) noexcept {
  if (bytes_.fetch_add(bytes) + bytes <= bytes_max_) return true;
  give_back(bytes);
  return false;
}

SpillFile::SpillFile(SpillArea& area, FileDescriptor file, std::uint64_t number)
    : area_{area}, file_{std::move(file)}, number_{number} {}

SpillFile::~SpillFile() { area_.give_back(size()); }

Result<void> SpillFile::append(std::span<const char, kPieceBytes> piece) {
  if (pieces_ % kPiecesBetweenLooks == 0) {
    TG_TRY_DONE(check_room(file_.get()));
  }
  if (!area_.take(kPieceBytes)) return fail(Code::kOverloaded, "too many uploads are waiting");
  Sealed sealed;
  const auto nonce = nonce_of(number_, pieces_);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      sealed.data(), nullptr, reinterpret_cast<const unsigned char*>(piece.data()), piece.size(),
      nullptr, 0, nullptr, nonce.data(), area_.key_.data());
  const auto at = static_cast<off_t>(pieces_ * kSealedBytes);
  const auto written = ::pwrite(file_.get(), sealed.data(), sealed.size(), at);
  if (written == static_cast<ssize_t>(sealed.size())) {
    ++pieces_;
    return {};
  }
  area_.give_back(kPieceBytes);
  // A part of it: the disk has just become full.
  const bool full = written >= 0 || errno == ENOSPC || errno == EDQUOT;
  return fail(full ? Code::kOverloaded : Code::kIo, "cannot write a spill file", errno);
}

Result<void> SpillFile::read(std::uint64_t number, std::span<char, kPieceBytes> out) const {
  TG_CHECK(number < pieces_);
  Sealed sealed;
  const auto at = static_cast<off_t>(number * kSealedBytes);
  if (::pread(file_.get(), sealed.data(), sealed.size(), at) !=
      static_cast<ssize_t>(sealed.size())) {
    return fail(Code::kIo, "cannot read a spill file", errno);
  }
  const auto nonce = nonce_of(number_, number);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr, sealed.data(),
          sealed.size(), nullptr, 0, nonce.data(), area_.key_.data()) != 0) {
    return fail(Code::kCorrupt, "a spill file is not as it was written");
  }
  return {};
}

}  // namespace tg::gateway
