// SPDX-License-Identifier: MIT
// A folder for a moment that nobody else can look into.
#pragma once

#include <filesystem>

#include "limpid/result.h"

namespace limpid::cli {

// Among the system's temporary ones. io: there is no place for it.
Result<std::filesystem::path> make_private_folder();

}  // namespace limpid::cli
