// SPDX-License-Identifier: MIT
// A block's rows on their way to the words of a tile, normed, each by itself: what programs with
// products of them begin with (resident_program.h).
#pragma once

#include "lib/kernels/cuda/norm_layers.h"
#include "lib/kernels/cuda/real_tiles.h"

namespace limpid::kernels::cuda {

// Eight threads read a row, four neighbouring channels of 32 each; a thread has some of kRows rows
// in registers meanwhile. kGroups: of 32 channels.
template <int kGroups, int kRows>
struct NormedRows {
  static constexpr int kThreads = 256, kTeam = 8, kTeams = kThreads / kTeam;
  static constexpr int kPerThread = kRows / kTeams, kPhases = 3;
  static constexpr int kShares = 2 * kRows * kTeam;  // floats of shared memory

  float x[kPerThread][kGroups][4];

  // Row i of a thread, and its first channel of a group.
  LIMPID_HD static int row(int thread, int i) { return thread / kTeam + i * kTeams; }
  LIMPID_HD static int channel(int thread, int group) { return group * 32 + thread % kTeam * 4; }

  // Phases: sums of shares; with the mean, sums of squares; with both, normed rows. at(row): where
  // a row of the block lies; null: there is none. `wide`: four channels may be read together.
  // Norms here have no PReLU.
  template <int Phase, class At>
  LIMPID_HD void run(int thread, int channels, bool wide, const NormWeights& norm, float* shares,
                     At at) {
    Four gain[kGroups], offset[kGroups];
    if constexpr (Phase == 2) {
      LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) {
        const int first = channel(thread, group);
        gain[group] = load_some(norm.gain + first, channels - first, wide);
        offset[group] = load_some(norm.offset + first, channels - first, wide);
      }
    }
    LIMPID_UNROLL for (int i = 0; i < kPerThread; ++i) {
      Complex* team = reinterpret_cast<Complex*>(shares) + row(thread, i) * kTeam;
      if constexpr (Phase == 0) read(thread, channels, wide, at(row(thread, i)), x[i]);
      const float mean = Phase == 0 ? 0.0f : of_team(team, &Complex::re, channels);
      if constexpr (Phase < 2) {
        float sum = 0;
        each([&](int group, int c) {
          const float v = x[i][group][c] - mean;
          if (channel(thread, group) + c < channels) sum += Phase == 0 ? v : v * v;
        });
        (Phase == 0 ? team[thread % kTeam].re : team[thread % kTeam].im) = sum;
      } else {
        const float scale = 1.0f / std::sqrt(of_team(team, &Complex::im, channels) + norm.epsilon);
        each([&](int group, int c) {
          float& v = x[i][group][c];
          v = (v - mean) * scale * gain[group].v[c] + offset[group].v[c];
        });
      }
    }
  }

  // To words of rows that are `pitch` words apart.
  template <class Number>
  LIMPID_HD void store(int thread, float* words, int pitch) const {
    LIMPID_UNROLL for (int i = 0; i < kPerThread; ++i)
        LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) store_words<Number>(
            words + row(thread, i) * pitch + channel(thread, group) / Number::kInputs, x[i][group]);
  }

 private:
  LIMPID_HD static float of_team(const Complex* team, float Complex::*part, int channels) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kTeam; ++i) sum += team[i].*part;
    return sum / static_cast<float>(channels);
  }
  // Zeros beyond the last channel, and where there is no row.
  LIMPID_HD static void read(int thread, int channels, bool wide, const float* from,
                             float (&to)[kGroups][4]) {
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) {
      const int first = channel(thread, group);
      const Four four =
          from != nullptr ? load_some(from + first, channels - first, wide) : Four{{0, 0, 0, 0}};
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) to[group][i] = four.v[i];
    }
  }
  template <class F>
  LIMPID_HD static void each(F f) {  // group and channel of four
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group)
        LIMPID_UNROLL for (int c = 0; c < 4; ++c) f(group, c);
  }
};

// Channels for which there are programs, and how many groups so many take, as a constant:
// f.template operator()<kGroups>().
inline constexpr int kMaxResident = 96;
template <class F>
auto with_groups(int channels, F f) {
  if (channels > 64) return f.template operator()<3>();
  if (channels > 32) return f.template operator()<2>();
  return f.template operator()<1>();
}

}  // namespace limpid::kernels::cuda
