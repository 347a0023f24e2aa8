// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <unistd.h>  // mkdtemp is here on macOS, there on Linux

#include "examples/limpid/report/private_folder.h"

namespace limpid::cli {

Result<std::filesystem::path> make_private_folder() {
  std::string folder = (std::filesystem::temp_directory_path() / "limpid_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return Error{ErrorCode::io, "cannot make a temporary folder " + folder};
  return std::filesystem::path(folder);
}

}  // namespace limpid::cli
