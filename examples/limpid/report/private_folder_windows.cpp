// SPDX-License-Identifier: MIT
// The temporary folder is the user's own there, and what is made in it belongs to the user too.
#include <random>
#include <string>

#include "examples/limpid/report/private_folder.h"

namespace limpid::cli {

Result<std::filesystem::path> make_private_folder() {
  const auto parent = std::filesystem::temp_directory_path();
  std::random_device random;
  std::error_code problem;
  for (int attempt = 0; attempt < 100 && !problem; ++attempt) {
    const auto folder = parent / ("limpid_" + std::to_string(random()));
    if (std::filesystem::create_directory(folder, problem)) return folder;
  }
  return Error{ErrorCode::io, "cannot make a temporary folder in " + parent.string()};
}

}  // namespace limpid::cli
