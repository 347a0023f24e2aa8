// SPDX-License-Identifier: MIT
// Folders for results: where there is none, it is made.
#pragma once

#include <filesystem>

#include "limpid/result.h"

namespace limpid::cli {

// The one that a file called `path` is to lie in, with those above it. io, not_found: says which
// and why.
Status make_folder_of(const std::filesystem::path& path);

// The highest of those that it would make; empty where all are there.
std::filesystem::path first_missing_folder(const std::filesystem::path& path);

}  // namespace limpid::cli
