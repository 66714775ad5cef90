// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "http/message.h"

// The console's files, built into the binary by cmake/embed_folder.py: each one twice, as it is and
// compressed with Brotli.
//
// Threading:  pure; the bytes are constant.
// Errors:     a path that is neither a file nor one of the console's pages gives 404. A binary
//             built without the console says so on its pages.
namespace tg::admin {

// The generated table's layout; cmake/embed_folder.py writes it, and must be changed with it.
struct Asset {
  const char* path;  // "/assets/index-4f2a91bc.js"
  const char* content_type;
  const char* plain;
  unsigned long plain_bytes;
  const char* brotli;
  unsigned long brotli_bytes;
  unsigned long immutable;  // 1: its name holds the hash of its content
};

[[nodiscard]] std::span<const Asset> embedded_assets();

// The answer to a GET or HEAD of anything outside /v1/.
[[nodiscard]] http::Response serve_asset(const http::Request& request,
                                         std::span<const Asset> assets = embedded_assets());

// Every answer of the control plane carries these.
void add_security_headers(http::Response& response, bool over_tls);

}  // namespace tg::admin
