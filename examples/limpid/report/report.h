// SPDX-License-Identifier: MIT
// The report: one HTML file that needs nothing else, with a table of all files and, for the first
// ones, pictures and players of before and after.
#pragma once

#include <filesystem>
#include <vector>

#include "examples/limpid/file_job.h"

namespace limpid::cli {

struct ReportFacts {
  ModelSpec model;
  float attenuation_limit_db = 0;
  double wall_seconds = 0;  // of the whole batch
};

// io. Appears whole or not at all; false: not at all, because of interrupted().
Result<bool> write_report(const std::filesystem::path& path, const std::vector<FileResult>& results,
                          const ReportFacts& facts);

}  // namespace limpid::cli
