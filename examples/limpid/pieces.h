// SPDX-License-Identifier: MIT
// How a long recording is cut into pieces that go through a model side by side. Each piece is heard
// by a stream of its own, which begins earlier, so that it has settled where the piece begins.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lib/model/model.h"

namespace limpid::cli {

struct Pieces {
  std::ptrdiff_t settle = 0;  // samples that a stream hears before its piece; whole hops
  std::ptrdiff_t length = 0;  // samples of a piece; whole hops
  int at_once = 1;            // pieces in memory; 1: it is better not cut

  bool any() const noexcept { return at_once > 1; }
};

// For `samples` of `channels` at sample_rate, which need not be exact, and up to `threads` threads.
// Pieces are at least three times as long as what is heard before them, so that cutting costs at
// most a third more arithmetic, and, within 256 MB, as long as the recording allows; beyond that,
// no longer than twice the shortest, and no more at once than 2 GB takes. Not cut: what the model
// must be resampled for, what it never forgets, and what is too short for two pieces.
Pieces plan_pieces(const Model& model, int sample_rate, std::int64_t samples, int channels,
                   int threads);

}  // namespace limpid::cli
