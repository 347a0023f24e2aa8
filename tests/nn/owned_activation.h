// SPDX-License-Identifier: MIT
// Activations that own their memory, and how tests compare them with naive results.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "lib/nn/activation.h"
#include "tests/nn/naive.h"

namespace limpid::test {

// An activation that owns its memory, filled with noise; padding rows stay zero.
struct Owned {
  Owned(int lanes, int frames, int rows, int channels, int pad = 0, unsigned seed = 0)
      : memory(nn::activation_size(lanes, frames, rows + 2 * pad, channels)),
        padded(nn::dense(memory.data(), lanes, frames, rows + 2 * pad, channels)),
        view(padded.slice_rows(pad, rows)) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> value(-1, 1);
    if (seed == 0) return;
    for (int block = 0; block < 2 * lanes; ++block)
      for (int t = 0; t < frames; ++t)
        for (int f = 0; f < rows; ++f)
          for (int c = 0; c < channels; ++c) view.at(block, t, f)[c] = value(random);
  }
  Spectrogram lane(int lane) const {
    Spectrogram s(view.frames, view.rows, view.channels);
    for (int t = 0; t < view.frames; ++t)
      for (int f = 0; f < view.rows; ++f)
        for (int c = 0; c < view.channels; ++c)
          s.at(t, f, c) = {view.at(lane, t, f)[c], view.at(view.lanes + lane, t, f)[c]};
    return s;
  }
  std::vector<float> memory;
  nn::Activation padded, view;
};

inline void expect_near(const Spectrogram& got, const Spectrogram& want, double tolerance) {
  ASSERT_EQ(got.values.size(), want.values.size());
  double peak = 0, worst = 0;
  for (std::size_t i = 0; i < want.values.size(); ++i) {
    peak = std::max(peak, std::abs(want.values[i]));
    worst = std::max(worst, std::abs(got.values[i] - want.values[i]));
  }
  EXPECT_LE(worst, tolerance * peak);
}

}  // namespace limpid::test
