// SPDX-License-Identifier: Apache-2.0
#include "store/temporary_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tg::store {
namespace {

Result<void> make_folder(const std::filesystem::path& path, const char* failure) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  return fail(Code::kIo, failure, errno);
}

}  // namespace

Result<TemporaryFolder> TemporaryFolder::make(const std::filesystem::path& path,
                                              const char* failure) {
  TG_TRY_DONE(make_folder(path, failure));
  return TemporaryFolder{path};
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : path_{std::exchange(other.path_, {})} {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<void> TemporaryFolder::add(const char* name, const char* failure) const {
  return make_folder(path_ / name, failure);
}

}  // namespace tg::store
