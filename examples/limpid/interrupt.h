// SPDX-License-Identifier: MIT
// Ctrl-C as a question that work asks between two blocks. A second Ctrl-C ends the program at once.
#pragma once

namespace limpid::cli {

// SIGINT and SIGTERM from now on. A reader that goes away (SIGPIPE) no longer ends the program.
void watch_interrupt();
bool interrupted() noexcept;  // [any thread]

}  // namespace limpid::cli
