// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "admin/operations.h"
#include "config/settings.h"

// The provider that the environment names: OPENAI_API_KEY (or OPENAI_API_KEY_FILE), with
// OPENAI_BASE_URL where it is not OpenAI itself. Added at the first start, never again.
//
// Threading:  the main thread, before the server listens, so that who finds it ready finds it
// whole. Errors:     none: what could not be done is one of the lines. Secrets:    the key goes to
// the operation and nowhere else.
namespace tg::cli {

// A line for people, saying what was done or why not; empty when there is nothing to say.
[[nodiscard]] std::string add_environment_provider(admin::Operations& operations,
                                                   const config::Settings& settings);

}  // namespace tg::cli
