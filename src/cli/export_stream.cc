// SPDX-License-Identifier: Apache-2.0
#include "cli/export_stream.h"

#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <string>

namespace tg::cli {
namespace {

Result<void> put(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  return fail(Code::kIo, "standard output takes no more", errno);
}

}  // namespace

class ExportStream::Packer {
 public:
  Packer() : out_(ZSTD_CStreamOutSize(), '\0') {
    TG_CHECK(stream_ != nullptr);
    (void)ZSTD_CCtx_setParameter(stream_.get(), ZSTD_c_checksumFlag, 1);
  }

  Result<void> pack(std::string_view text, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{.src = text.data(), .size = text.size(), .pos = 0};
    for (;;) {
      ZSTD_outBuffer out{.dst = out_.data(), .size = out_.size(), .pos = 0};
      const auto left = ZSTD_compressStream2(stream_.get(), &out, &in, directive);
      if (ZSTD_isError(left) != 0) return fail(Code::kInternal, ZSTD_getErrorName(left));
      TG_TRY_DONE(put({out_.data(), out.pos}));
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return {};
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* stream) const noexcept { (void)ZSTD_freeCCtx(stream); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> stream_{ZSTD_createCCtx()};
  std::string out_;
};

ExportStream::ExportStream(bool packed) : packer_{packed ? std::make_unique<Packer>() : nullptr} {}
ExportStream::~ExportStream() = default;

Result<void> ExportStream::write(std::string_view text) {
  return packer_ ? packer_->pack(text, ZSTD_e_continue) : put(text);
}

Result<void> ExportStream::finish() {
  if (packer_) TG_TRY_DONE(packer_->pack({}, ZSTD_e_end));
  if (std::fflush(stdout) == 0) return {};
  return fail(Code::kIo, "standard output takes no more", errno);
}

}  // namespace tg::cli
