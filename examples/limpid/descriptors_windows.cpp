// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <io.h>

#include <initializer_list>

#include "examples/limpid/descriptors.h"

namespace limpid::cli {

bool occupy_closed_descriptors() noexcept {
  for (const int standard : {0, 1, 2}) {
    if (_get_osfhandle(standard) != -1) continue;
    // _open() takes the lowest free number: this one, for those below are taken.
    if (_open("NUL", standard == 0 ? _O_WRONLY : _O_RDONLY) != standard) return false;
  }
  return true;
}

}  // namespace limpid::cli
