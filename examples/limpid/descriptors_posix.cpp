// SPDX-License-Identifier: MIT
#include "examples/limpid/descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace limpid::cli {

bool occupy_closed_descriptors() noexcept {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(standard, F_GETFD) >= 0) continue;
    // open() takes the lowest free number: this one, for those below are taken.
    if (open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY) != standard) return false;
  }
  return true;
}

}  // namespace limpid::cli
