// SPDX-License-Identifier: MIT
// What the operating system says about a file, as an Error.
#pragma once

#include <filesystem>
#include <system_error>

#include "limpid/result.h"

namespace limpid::io {

// "cannot <action> <path>: No space left on device", with the code that fits `error`.
Error system_error(const char* action, const std::filesystem::path& path, std::error_code error);
Error system_error(const char* action, const std::filesystem::path& path, int error);  // an errno

}  // namespace limpid::io
