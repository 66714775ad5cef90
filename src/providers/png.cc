// SPDX-License-Identifier: Apache-2.0
#include "providers/png.h"

#include <zlib.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/result.h"

namespace tg::providers {
namespace {

constexpr std::uint32_t kSideMax = 4'096;
constexpr Colour kInk{0x22, 0x22, 0x22};

// S A N D B O X, 5 × 7 dots each; a row's highest of five bits is its leftmost dot.
constexpr std::size_t kLetters = 7;
constexpr std::size_t kLetterRows = 7;
constexpr std::size_t kLetterColumns = 6;  // five dots and a gap
constexpr std::array<std::array<std::uint8_t, kLetterRows>, kLetters> kWord{{
    {0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E},
    {0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11},
    {0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11},
    {0x1E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1E},
    {0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E},
    {0x0E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E},
    {0x11, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x11},
}};

void append_number(std::string& out, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(value >> shift));
}

void append_chunk(std::string& out, std::string_view type, std::string_view data) {
  append_number(out, static_cast<std::uint32_t>(data.size()));
  const auto start = out.size();
  out.append(type).append(data);
  append_number(out, crc32(std::string_view{out}.substr(start)));
}

class Canvas {
 public:
  explicit Canvas(PictureSize size)
      : size_{size}, row_bytes_{(size.width + 7) / 8 + 1}, bits_(row_bytes_ * size.height, '\0') {}

  void fill(std::uint32_t left, std::uint32_t top, std::uint32_t width, std::uint32_t height) {
    for (std::uint32_t y = top; y < std::min(top + height, size_.height); ++y) {
      for (std::uint32_t x = left; x < std::min(left + width, size_.width); ++x) {
        auto& byte = bits_[y * row_bytes_ + 1 + x / 8];  // 1: the row's filter, none
        byte = static_cast<char>(byte | (0x80 >> (x % 8)));
      }
    }
  }

  void draw_frame() {
    const auto line = std::max(1U, std::min(size_.width, size_.height) / 64);
    fill(0, 0, size_.width, line);
    fill(0, size_.height - std::min(line, size_.height), size_.width, line);
    fill(0, 0, line, size_.height);
    fill(size_.width - std::min(line, size_.width), 0, line, size_.height);
  }

  void draw_word() {
    const auto dot = size_.width / static_cast<std::uint32_t>(kLetters * kLetterColumns + 6);
    const auto word_height = dot * static_cast<std::uint32_t>(kLetterRows);
    if (dot == 0 || word_height > size_.height) return;
    const auto top = (size_.height - word_height) / 2;
    for (std::size_t letter = 0; letter < kLetters; ++letter) {
      for (std::size_t row = 0; row < kLetterRows; ++row) {
        for (std::size_t column = 0; column < 5; ++column) {
          if (((kWord[letter][row] >> (4 - column)) & 1) == 0) continue;
          const auto x = 3 + letter * kLetterColumns + column;
          fill(dot * static_cast<std::uint32_t>(x), top + dot * static_cast<std::uint32_t>(row),
               dot, dot);
        }
      }
    }
  }

  [[nodiscard]] std::string compressed() const {
    auto size = compressBound(bits_.size());
    std::string bytes(size, '\0');
    TG_CHECK(compress2(reinterpret_cast<Bytef*>(bytes.data()), &size,
                       reinterpret_cast<const Bytef*>(bits_.data()), bits_.size(),
                       Z_BEST_SPEED) == Z_OK);
    bytes.resize(size);
    return bytes;
  }

 private:
  const PictureSize size_;
  const std::size_t row_bytes_;
  std::string bits_;
};

}  // namespace

std::string sandbox_png(PictureSize size, Colour paper) {
  size.width = std::clamp(size.width, 1U, kSideMax);
  size.height = std::clamp(size.height, 1U, kSideMax);
  Canvas canvas{size};
  canvas.draw_frame();
  canvas.draw_word();

  std::string header;
  append_number(header, size.width);
  append_number(header, size.height);
  // One bit a pixel, palette, and the only methods of compression, filter and no interlace.
  header.append({1, 3, 0, 0, 0});
  std::string palette(paper.begin(), paper.end());
  palette.append(kInk.begin(), kInk.end());

  std::string png = "\x89PNG\r\n\x1A\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "PLTE", palette);
  append_chunk(png, "IDAT", canvas.compressed());
  append_chunk(png, "IEND", {});
  return png;
}

}  // namespace tg::providers
