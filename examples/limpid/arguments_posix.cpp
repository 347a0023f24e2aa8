// SPDX-License-Identifier: MIT
#include "examples/limpid/arguments.h"

namespace limpid::cli {

std::vector<std::string> utf8_arguments(int argc, char** argv) {
  return {argv, argv + argc};  // or whatever bytes the names of files are made of
}

}  // namespace limpid::cli
