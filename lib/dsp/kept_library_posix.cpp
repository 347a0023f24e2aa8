// SPDX-License-Identifier: MIT
#include <dlfcn.h>

#include "lib/dsp/kept_library.h"

namespace limpid::dsp {

void keep_library(const void* theirs, const void* ours) noexcept {
  Dl_info holder{}, us{};
  if (dladdr(theirs, &holder) == 0 || dladdr(ours, &us) == 0) return;
  if (holder.dli_fbase == us.dli_fbase) return;
  dlopen(holder.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}

}  // namespace limpid::dsp
