// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <memory>

// libcurl, started once for the process. It copies passwords and bearer tokens into memory of its
// own: what it frees is wiped, so that no core dump and no later allocation shows it.
//
// Threading:  start_curl() from any thread; a handle belongs to one at a time.
// Errors:     false, or an empty handle, where libcurl does not start.
namespace tg {

[[nodiscard]] bool start_curl() noexcept;

struct CurlCloser {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlCloser>;

struct CurlListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListCloser>;

}  // namespace tg
