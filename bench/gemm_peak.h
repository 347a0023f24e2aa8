// SPDX-License-Identifier: MIT
// What the core could do at best: multiply-adds on registers and nothing else.
#pragma once

namespace limpid::bench {

// Runs `rounds` rounds; returns how many floating-point operations that were.
double multiply_adds(int rounds, float& result);

}  // namespace limpid::bench
