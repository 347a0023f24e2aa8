// SPDX-License-Identifier: MIT
// What streaming convolutions cost on this machine, for plans that are to be the best here rather
// than the same everywhere.
#pragma once

#include "lib/dsp/partition.h"

namespace limpid::dsp {

// Measures for about a second on the calling thread, in its processor time; the least of a few
// repetitions, since other work can only add. Throws std::bad_alloc. Of no use on Windows, which
// counts a thread's time in steps of 15.6 ms.
ConvCosts measure_conv_costs();

}  // namespace limpid::dsp
