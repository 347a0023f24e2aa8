// SPDX-License-Identifier: MIT
// What one instruction set offers a MonarchPlan. A plan keeps to the set that it was made for,
// because the order of its spectra depends on the length of a vector.
#pragma once

#include <cstddef>

#include "lib/kernels/monarch.h"

namespace limpid::kernels {

struct MonarchKernels {
  std::size_t lanes;            // a tile is lanes x lanes
  std::size_t shared_twiddles;  // floats in front of a tile's vector of roots
  void (*transform)(const MonarchPlan&, const BlockInput&, float* spectrum);
  void (*convolve)(const MonarchPlan&, const MonarchSpectrum&, const BlockInput&,
                   const BlockOutput&, float* scratch);
};

const MonarchKernels& monarch_kernels() noexcept;  // of the instruction set in use

}  // namespace limpid::kernels
