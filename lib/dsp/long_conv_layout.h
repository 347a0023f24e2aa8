// SPDX-License-Identifier: MIT
// What an offline convolution is asked for, and how it will be done: by which transform, in how
// many blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "limpid/result.h"

namespace limpid::dsp {

enum class LongConvMethod {
  fastest,  // by a table of what was measured, so that the same task is always done the same way
  direct,   // the sum as it is written, of at most 1024 taps
  monarch,  // kernels/monarch.h: factors of a ring, in cache, in digit order
  fft,      // FFTW or KISS FFT
};

struct LongConvSpec {
  std::int64_t channels = 1;
  std::int64_t samples = 0;  // of a row, at most
  std::int64_t taps = 0;     // of a filter, at most; those beyond `samples` are silent if causal
  bool circular = false;
  // Frequency-sparse filters: kept[k mod size] says whether frequency k of the filter's transform
  // stays; the others become zero and are never computed. Size: a power of two, up to a 64th of the
  // transform; empty: all stay. Frequencies are k / samples cycles per sample if circular (and kept
  // is symmetric, as the filter is real), else (2k + 3/2) / layout.window: those of a product
  // modulo x^window + 1, of which y is the first samples. FlashFFTConv's patterns are the residues
  // whose digits are small.
  std::vector<std::uint8_t> kept{};
  LongConvMethod method = LongConvMethod::fastest;
};

// A row is convolved in `blocks` windows, each `step` samples further, of which the first `overlap`
// results are dropped (overlap-save). Wrapped: one window, the row itself, without overlap.
struct LongConvLayout {
  LongConvMethod method = LongConvMethod::fastest;
  bool wrapped = false;
  std::int64_t window = 0, overlap = 0, step = 0, blocks = 0;
  double cost = 0;  // nanoseconds a row, by the table
};

// The cheapest of all that can do it. `spec` is in range. unsupported: none can.
Result<LongConvLayout> choose_layout(const LongConvSpec& spec);

}  // namespace limpid::dsp
