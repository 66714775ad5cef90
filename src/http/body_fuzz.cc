// SPDX-License-Identifier: Apache-2.0
// However a body is cut into pieces, its data and its end are the same; and what was decoded, sent
// on in chunks of our own, decodes to itself.
#include <algorithm>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/body.h"

namespace tg::http {
namespace {

struct Reading {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  bool failed = false;
};

// An exact copy on the heap, so that AddressSanitizer sees a read past the end of the piece.
void read_piece(BodyDecoder& decoder, std::string_view piece, Reading& reading) {
  const auto copy = std::make_unique<char[]>(piece.size());
  std::copy(piece.begin(), piece.end(), copy.get());
  std::string_view input{copy.get(), piece.size()};
  while (!reading.done) {
    const auto step = decoder.next(input);
    reading.failed = !step;
    if (!step) return;
    TG_CHECK(step->consumed <= input.size() && step->data.size() <= step->consumed);
    reading.data += step->data;
    reading.consumed += step->consumed;
    reading.done = step->done;
    input.remove_prefix(step->consumed);
    if (step->consumed == 0 && step->data.empty()) break;
  }
  TG_CHECK(reading.done || input.empty());
}

Reading read(BodyDecoder decoder, std::string_view bytes, std::size_t piece_bytes) {
  Reading reading;
  do {
    read_piece(decoder, bytes.substr(0, piece_bytes), reading);
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
  } while (!bytes.empty() && !reading.done && !reading.failed);
  TG_CHECK(reading.done == decoder.done());
  if (reading.failed) TG_CHECK(!decoder.next("0\r\n\r\n"));
  return reading;
}

}  // namespace

// The first byte says the framing, the second a length and how large the pieces are.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const auto framing = data[0] % 4 == 0   ? Framing::kLength
                       : data[0] % 4 == 1 ? Framing::kUntilClose
                                          : Framing::kChunked;
  const BodyDecoder decoder{framing, data[1]};
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};

  const Reading whole = read(decoder, bytes, bytes.size());
  const Reading pieces = read(decoder, bytes, 1u + data[1] % 16);
  TG_CHECK(whole.failed == pieces.failed && whole.done == pieces.done);
  if (whole.failed) return 0;
  TG_CHECK(whole.data == pieces.data && whole.consumed == pieces.consumed);

  std::string chunked;
  append_chunk(chunked, whole.data);
  chunked += kLastChunk;
  const Reading again = read(BodyDecoder{Framing::kChunked, 0}, chunked, chunked.size());
  TG_CHECK(again.done && again.consumed == chunked.size() && again.data == whole.data);
  return 0;
}

}  // namespace tg::http
