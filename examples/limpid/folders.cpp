// SPDX-License-Identifier: MIT
#include "examples/limpid/folders.h"

#include "lib/io/system_error.h"

namespace limpid::cli {

namespace fs = std::filesystem;

Status make_folder_of(const fs::path& path) {
  std::error_code problem;
  if (path.has_root_path() && !fs::exists(path.root_path(), problem))
    problem = std::make_error_code(std::errc::no_such_file_or_directory);  // a drive
  else if (path.has_parent_path())
    fs::create_directories(path.parent_path(), problem);
  if (problem) return io::system_error("make the folder", path.parent_path(), problem);
  return Done{};
}

fs::path first_missing_folder(const fs::path& path) {
  std::error_code ignored;
  fs::path missing;
  for (fs::path folder = path.parent_path();
       folder.has_relative_path() && !fs::exists(folder, ignored); folder = folder.parent_path())
    missing = folder;
  return missing;
}

}  // namespace limpid::cli
