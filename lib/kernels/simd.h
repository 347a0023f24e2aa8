// SPDX-License-Identifier: MIT
// Include before Highway: which instruction sets the kernels are compiled for, and the promise that
// the choice among them is made when the program loads, not in the first audio callback.
#pragma once

// Tiles are arrays of vectors, so a vector's size must be known to the compiler. Machines with
// scalable vectors run the fixed-size instruction set below them.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include "hwy/targets.h"

namespace limpid::kernels {

inline const bool kTargetChosen = [] {
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  return true;
}();

}  // namespace limpid::kernels
