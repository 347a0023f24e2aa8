// SPDX-License-Identifier: MIT
// Ctrl-C as a question that work asks between two blocks. A second Ctrl-C ends the program at once.
#pragma once

namespace limpid::cli {

void watch_interrupt();       // SIGINT and SIGTERM, from now on
bool interrupted() noexcept;  // [any thread]

}  // namespace limpid::cli
