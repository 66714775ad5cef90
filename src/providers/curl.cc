// SPDX-License-Identifier: Apache-2.0
#include "providers/curl.h"

#include <curl/curl.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/secret_bytes.h"

namespace tg::providers {
namespace {

void wipe_and_free(void* memory) {
  if (memory != nullptr) wipe({static_cast<char*>(memory), malloc_usable_size(memory)});
  std::free(memory);
}

void* grow_and_wipe(void* memory, std::size_t size) {
  void* grown = std::malloc(size);
  if (grown != nullptr && memory != nullptr) {
    std::memcpy(grown, memory, std::min(size, malloc_usable_size(memory)));
    wipe_and_free(memory);
  }
  return grown;
}

char* duplicate(const char* text) { return ::strdup(text); }

}  // namespace

bool start_curl() {
  static const bool kStarted =
      curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, wipe_and_free, grow_and_wipe,
                           duplicate, std::calloc) == CURLE_OK;
  return kStarted;
}

}  // namespace tg::providers
