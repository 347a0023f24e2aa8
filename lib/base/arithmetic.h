// SPDX-License-Identifier: MIT
// What products of a network on a GPU are made of (docs/cuda.md); its transforms are always exact.
#pragma once

namespace limpid {

enum class Arithmetic {
  exact,   // float, on CUDA cores
  tf32x3,  // tensor cores: three products of numbers of 11 bits, which keep 22 of float's 24
  tf32,    // tensor cores: one; 11 bits are left
  fp16,    // tensor cores: numbers of 11 bits as well, at twice the speed, down to 1e-7; what is
           // beyond +-65504 becomes that
  bf16     // tensor cores: bfloat16, 8 bits, of any size
};

}  // namespace limpid
