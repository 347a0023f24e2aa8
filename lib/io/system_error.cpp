// SPDX-License-Identifier: MIT
#include "lib/io/system_error.h"

#include <cerrno>
#include <string>
#include <system_error>

namespace limpid::io {

Error system_error(const char* action, const std::filesystem::path& path, int error) {
  const ErrorCode code = error == ENOENT ? ErrorCode::not_found : ErrorCode::io;
  return {code, std::string("cannot ") + action + " " + path.string() + ": " +
                    std::system_category().message(error)};
}

}  // namespace limpid::io
