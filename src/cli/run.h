// SPDX-License-Identifier: Apache-2.0
#pragma once

// The program: makes the process safe for secrets, reads the command line, runs one command.
//
// Threading:  the main thread.
// Errors:     the exit code (docs/cli.md): 0 done, 1 failed, 2 wrong usage.
namespace tg::cli {

[[nodiscard]] int run(int argc, char** argv);

}  // namespace tg::cli
