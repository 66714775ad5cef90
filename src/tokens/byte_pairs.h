// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "tokens/vocabulary.h"

// Byte-pair encoding of one piece: of all neighbours that join to a token, those of the lowest rank
// are joined, the leftmost first, until none joins any more.
//
// A piece of up to 128 bytes is done at once. A longer one is done in windows: a sequence of tokens
// is the encoding of its bytes if and only if each two neighbours are the encoding of theirs (the
// first join that crossed a boundary would cross it between those two alone as well). So two
// windows' encodings, the second begun where a token of the first ends, are one encoding if the two
// tokens at the seam say so. Where none of several seams does, the window grows.
//
// Threading:  pure.
// Limits:     n log n in the piece's size, whatever its bytes, and linear on all but what was made
// to
//             have no seam; 4 KB of stack, on the heap what a window beyond 256 bytes needs.
// Errors:     none.
namespace tg::tokens {

// Appends the tokens of `piece`, which is not empty.
void encode_piece(const Vocabulary& vocabulary, std::string_view piece, std::vector<Rank>& out);
[[nodiscard]] std::size_t count_piece(const Vocabulary& vocabulary, std::string_view piece);

}  // namespace tg::tokens
