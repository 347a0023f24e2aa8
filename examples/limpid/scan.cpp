// SPDX-License-Identifier: MIT
#include "examples/limpid/scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/io/output_format.h"

namespace limpid::cli {
namespace {

namespace fs = std::filesystem;

bool hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

void scan_folder(const fs::path& top, const fs::path& folder, const fs::path& skip, Scan& scan) {
  std::error_code problem;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, problem), end; !problem && it != end;
       it.increment(problem))
    entries.push_back(*it);
  if (problem) {
    scan.problems.push_back(
        {folder, fmt::format("cannot list {}: {}", folder.string(), problem.message())});
    return;
  }
  std::sort(entries.begin(), entries.end());
  for (const fs::directory_entry& entry : entries) {
    if (hidden(entry.path())) continue;
    std::error_code ignored;
    if (entry.is_directory(ignored)) {
      const bool other = entry.is_symlink(ignored) || fs::equivalent(entry.path(), skip, ignored);
      if (!other) scan_folder(top, entry.path(), skip, scan);
    } else if (io::has_audio_extension(entry.path())) {
      scan.files.push_back({entry.path(), entry.path().lexically_relative(top), top});
    }
  }
}

}  // namespace

Scan find_inputs(const std::vector<fs::path>& inputs, const fs::path& skip) {
  Scan scan;
  for (const fs::path& input : inputs) {
    std::error_code problem;
    const fs::file_status status = fs::status(input, problem);
    if (!fs::exists(status)) {
      scan.problems.push_back({input, fmt::format("{}: no such file or folder{}", input.string(),
                                                  input == "-" ? "; `limpid pipe` streams" : "")});
    } else if (!fs::is_directory(status)) {
      scan.files.push_back({input, input.filename(), {}});
    } else {
      const std::size_t before = scan.files.size() + scan.problems.size();
      scan_folder(input, input, skip, scan);
      if (scan.files.size() + scan.problems.size() == before)
        scan.problems.push_back(
            {input, fmt::format("{}: no audio files in this folder", input.string())});
    }
  }
  return scan;
}

}  // namespace limpid::cli
