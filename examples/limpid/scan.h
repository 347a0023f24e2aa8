// SPDX-License-Identifier: MIT
// The audio files that a person means by the files and folders on the command line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace limpid::cli {

struct Found {
  std::filesystem::path file;
  std::filesystem::path relative;  // to the folder that was given; the bare name of a given file
  std::filesystem::path folder;    // that folder; empty for a file that was given itself
};

struct Scan {
  std::vector<Found> files;  // every folder's in alphabetical order
  struct Problem {
    std::filesystem::path path;
    std::string message;
  };
  std::vector<Problem> problems;  // missing, unreadable or without audio
};

// Recursive. Below folders: by extension, without hidden files, links to folders and `skip` (the
// output folder, which may lie inside an input).
Scan find_inputs(const std::vector<std::filesystem::path>& inputs,
                 const std::filesystem::path& skip);

}  // namespace limpid::cli
