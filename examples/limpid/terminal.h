// SPDX-License-Identifier: MIT
// What standard error is, and numbers the way people read them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace limpid::cli {

bool stderr_is_terminal() noexcept;
int terminal_width() noexcept;        // columns; 80 where nobody knows
bool terminal_is_utf8() noexcept;     // by LC_ALL, LC_CTYPE, LANG
bool terminal_has_colour() noexcept;  // a terminal, and NO_COLOR is not set

// Writes and flushes. Somebody who stopped reading is no reason to stop working: failures are
// ignored.
void put(std::FILE* to, std::string_view text) noexcept;

// "limpid: message" on standard error, the name in red on a terminal.
void complain(std::string_view message);

std::string clock_time(double seconds);                    // 0:07, 12:34, 1:02:03
std::string short_seconds(double seconds);                 // 0.42 s, 12.3 s, 5:04
std::string columns_of(std::string_view utf8, int width);  // cut in the middle with "…" to fit
int display_width(std::string_view utf8) noexcept;         // code points

// `text` in lines of at most 80 columns, with a newline; the first begins at `column`, which the
// caller has filled, the others at `indent`.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t column);

}  // namespace limpid::cli
