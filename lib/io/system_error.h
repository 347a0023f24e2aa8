// SPDX-License-Identifier: MIT
// What the operating system says about a file, as an Error.
#pragma once

#include <filesystem>

#include "limpid/result.h"

namespace limpid::io {

// "cannot <action> <path>: No space left on device", with the code that fits `error` (an errno).
Error system_error(const char* action, const std::filesystem::path& path, int error);

}  // namespace limpid::io
