// SPDX-License-Identifier: MIT
// Reports as files: what a page may replace, and that it can be written before work begins.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "limpid/result.h"

namespace limpid::cli {

// The beginning of a page of limpid's, up to the end of its title, "limpid <kind>".
std::string page_head(std::string_view kind);

// invalid_argument: something is there that is no page of limpid's; io, not_found: it cannot be
// written. Leaves nothing behind.
Status check_page(const std::filesystem::path& path);

// io. Appears whole or not at all, in a folder that is made where there is none.
Status write_page(const std::filesystem::path& path, std::string_view html);

}  // namespace limpid::cli
