// SPDX-License-Identifier: MIT
#include "lib/io/system_error.h"

#include <string>

namespace limpid::io {

// By its condition: Windows' own numbers have other names in the standard library's messages.
Error system_error(const char* action, const std::filesystem::path& path, std::error_code error) {
  const std::error_condition condition = error.default_error_condition();
  const ErrorCode code =
      condition == std::errc::no_such_file_or_directory ? ErrorCode::not_found : ErrorCode::io;
  return {code, std::string("cannot ") + action + " " + path.string() + ": " + condition.message()};
}

Error system_error(const char* action, const std::filesystem::path& path, int error) {
  return system_error(action, path, std::error_code(error, std::generic_category()));
}

}  // namespace limpid::io
