// SPDX-License-Identifier: MIT
// Ctrl-C as a question that work asks between two blocks. A second Ctrl-C ends the program at once,
// and may leave the hidden file that was being written.
#pragma once

namespace limpid::cli {

// SIGINT and SIGTERM from now on. A reader that goes away (SIGPIPE, where there is one) no longer
// ends the program.
void watch_interrupt();
// SIGHUP too, as often as it comes, unless whoever started the program wants it ignored (nohup); on
// Windows Ctrl-Break.
void watch_hangup();
// From the next of these signals on whoever waits for input there finds its end. On Windows only
// whoever writes can end it, as Ctrl-C in a console does.
void end_input_when_interrupted(int descriptor) noexcept;
bool interrupted() noexcept;  // [any thread]

}  // namespace limpid::cli
