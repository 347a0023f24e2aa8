// SPDX-License-Identifier: MIT
// Finds files that would be lost: two results under one name, or a result on top of a recording.
// A report is a result too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "examples/limpid/file_job.h"
#include "examples/limpid/scan.h"

namespace limpid::cli {

// What is wrong, in one sentence that names the files, or nothing. Sees through relative paths,
// symbolic and hard links, and file systems that ignore case. Jobs that were given twice are
// merged. `report`: "", or where a page about all of them goes.
std::optional<std::string> find_collision(std::vector<FileJob>& jobs, const Scan& scan,
                                          const std::filesystem::path& report = {});

}  // namespace limpid::cli
