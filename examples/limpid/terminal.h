// SPDX-License-Identifier: MIT
// What standard error is, what may go there and to standard output, and numbers the way people read
// them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace limpid::cli {

void prepare_terminal() noexcept;  // once, before anything is written
bool stderr_is_terminal() noexcept;
bool stdin_is_terminal() noexcept;
bool stdout_is_terminal() noexcept;
int terminal_width() noexcept;        // columns; 80 where nobody knows
bool terminal_is_utf8() noexcept;     // by LC_ALL, LC_CTYPE, LANG; by a console itself
bool terminal_has_colour() noexcept;  // a terminal, and NO_COLOR is not set

// Whether a failure to write, an errno, means that somebody stopped reading.
bool reader_is_gone(int error) noexcept;

// Writes and flushes. Failures are no reason to stop working: those of standard error are ignored,
// those of standard output kept for lost_output().
void put(std::FILE* to, std::string_view text) noexcept;

// errno of the first failure to write to standard output, or 0. That somebody stopped reading is
// none: what is lost then is not wanted.
int lost_output() noexcept;

// Text that comes from files and their names, with '?' for every control character, so that it can
// do nothing to a terminal.
std::string printable(std::string_view utf8);

// "limpid: message" on standard error, printable, the name in red on a terminal.
void complain(std::string_view message);

std::string clock_time(double seconds);                    // 0:07, 12:34, 1:02:03
std::string short_seconds(double seconds);                 // 0.42 s, 12.3 s, 5:04
std::string columns_of(std::string_view utf8, int width);  // cut in the middle with "…" to fit
int display_width(std::string_view utf8) noexcept;         // code points

// `text`, printable, in lines of at most 80 columns, with a newline; the first begins at `column`,
// which the caller has filled, the others at `indent`.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t column);

}  // namespace limpid::cli
