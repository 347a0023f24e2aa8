// SPDX-License-Identifier: MIT
// The plan of a batch: which file goes where. Everything that could cost somebody a recording is
// found here, before a sample is processed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "examples/limpid/file_job.h"

namespace limpid::cli {

enum class Existing { refuse, skip_finished, overwrite };

struct PlanRequest {
  std::vector<std::filesystem::path> inputs;          // files and folders
  std::filesystem::path output;                       // file or folder; "" = beside each input
  Existing existing = Existing::refuse;               // what to do where an output exists
  std::string suffix = ".enhanced";                   // of outputs without a name of their own
  std::vector<std::filesystem::path> also_read = {};  // files that no output may replace either
  std::filesystem::path report = {};                  // "", or a page that may replace none of them
};

struct Plan {
  std::vector<FileJob> jobs;
  std::vector<FileResult> settled;  // failed (cannot be read) or skipped (finished before)
  double seconds = 0;               // of audio in jobs
  std::vector<std::size_t> order;   // in which jobs are begun; empty: as they are
};

// Files keep their names below the output folder, and folders their trees. Without an output, a.wav
// becomes a.SUFFIX.wav and folder/ becomes folder.SUFFIX/.
// invalid_argument, naming the files: two inputs with one output, an output or a report that is an
// input (by whatever name, link or spelling), a report that is an output, an output that exists
// with Existing::refuse; unsupported: an output name that no kind of audio file goes with.
Result<Plan> make_plan(const PlanRequest& request);

// For files that go through a GPU together: those of one rate after each other, the longest first,
// because it is alone in the end.
void order_for_gpu(Plan& plan);

}  // namespace limpid::cli
