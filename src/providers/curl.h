// SPDX-License-Identifier: Apache-2.0
#pragma once

// libcurl, started once for the process, with memory that is wiped when it is freed: it copies
// headers, and with them credentials, into memory of its own.
//
// Threading:  any; the first caller starts it.
namespace tg::providers {

// False: it does not start.
[[nodiscard]] bool start_curl();

}  // namespace tg::providers
