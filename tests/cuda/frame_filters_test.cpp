// SPDX-License-Identifier: MIT
// Filters along the frames of a network, thread by thread, against their definitions in double, on
// sizes that leave blocks, slices and windows partly empty.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/frame_filters.h"
#include "lib/kernels/cuda/spectrum_layers.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {
namespace {

std::vector<float> noise(std::ptrdiff_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> value;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = value(random);
  return values;
}

float at(const std::vector<float>& values, std::ptrdiff_t index) {
  return values[static_cast<std::size_t>(index)];
}

TEST(CudaFrameFilters, ShortOnes) {
  for (const auto& [lanes, frames, width, taps] :
       {std::array{1, 1, 1, 1}, {3, 5, 7, 4}, {2, 9, 300, 3}}) {
    const int all = frames + taps - 1;
    const auto x = noise(std::ptrdiff_t{lanes} * all * width, 1), h = noise(taps * width, 2);
    std::vector<float> y(static_cast<std::size_t>(lanes * frames * width));
    const std::ptrdiff_t lane = std::ptrdiff_t{all} * width;
    emulate<ShortFilter>({{x.data() + (taps - 1) * width, lane, width, 0},
                          {y.data(), std::ptrdiff_t{frames} * width, width, 0},
                          h.data(),
                          lanes,
                          frames,
                          width,
                          taps});
    std::vector<double> want;
    for (int l = 0; l < lanes; ++l)
      for (int t = 0; t < frames; ++t)
        for (int c = 0; c < width; ++c) {
          double sum = 0;
          for (int tap = 0; tap < taps; ++tap)
            sum += double{at(h, tap * width + c)} * at(x, l * lane + (t + tap) * width + c);
          want.push_back(sum);
        }
    EXPECT_GE(snr({y.begin(), y.end()}, want), 125);
  }
}

// Gated long filters as a stream: calls of so many frames each, with a ring for the longest.
struct LongCase {
  int lanes, rows, channels, taps;
  std::vector<int> calls;
};

struct LongStream {
  const LongCase& size;
  std::vector<float> h, ring;
  float position = 0;
  int capacity;
  std::vector<std::vector<double>> q, u;  // [frame][lane, row, channel] of all calls so far

  explicit LongStream(const LongCase& c)
      : size(c),
        h(noise(c.taps * c.channels, 3)),
        capacity(c.taps - 1 + *std::ranges::max_element(c.calls)) {
    ring.resize(static_cast<std::size_t>(std::ptrdiff_t{c.lanes} * capacity * c.rows * c.channels));
  }

  // What a call makes, and what it should.
  template <class Program>
  void run(int frames, unsigned seed, std::vector<double>& got, std::vector<double>& want) {
    const int row = 3 * size.channels, frame = size.rows * row;
    auto qkv = noise(std::ptrdiff_t{size.lanes} * frames * frame, seed);
    const auto before = qkv;
    const LongFilterArgs args{{qkv.data(), std::ptrdiff_t{frames} * frame, frame, 0},
                              ring.data(),
                              &position,
                              h.data(),
                              size.lanes,
                              frames,
                              size.rows,
                              size.channels,
                              size.taps,
                              capacity};
    emulate<LongFilterInput>(args);
    emulate<Program>(args);
    emulate<Turn>({&position, frames, capacity});
    const int first = static_cast<int>(u.size());
    for (int t = 0; t < frames; ++t) {
      q.emplace_back();
      u.emplace_back();
      for (int l = 0; l < size.lanes; ++l)
        for (int r = 0; r < size.rows; ++r)
          for (int c = 0; c < size.channels; ++c) {
            const std::ptrdiff_t place = std::ptrdiff_t{l * frames + t} * frame + r * row + c;
            q.back().push_back(at(before, place));
            u.back().push_back(double{at(before, place + size.channels)} *
                               at(before, place + 2 * size.channels));
            got.push_back(at(qkv, place));
          }
    }
    for (int t = first; t < first + frames; ++t)
      for (std::size_t i = 0; i < q[0].size(); ++i) {
        const auto c = static_cast<int>(i) % size.channels;
        double sum = 0;
        for (int d = 0; d < size.taps && d <= t; ++d)
          sum += double{at(h, (size.taps - 1 - d) * size.channels + c)} *
                 u[static_cast<std::size_t>(t - d)][i];
        want.push_back(q[static_cast<std::size_t>(t)][i] * sum);
      }
  }
};

TEST(CudaFrameFilters, LongOnesInARing) {
  for (const LongCase& c : {LongCase{1, 1, 1, 1, {1, 2, 1}},
                            {1, 3, 5, 2, {3, 1, 4}},
                            {3, 3, 33, 20, {1, 17, 5, 30, 1, 9}},
                            {2, 5, 31, 63, {16, 40, 1, 64}},
                            {1, 2, 70, 300, {33, 1, 64, 7, 64, 64, 64, 64, 2}}}) {
    SCOPED_TRACE(c.taps);
    LongStream stream(c), frame_by_frame(c);
    std::vector<double> got, want, single, unused;
    unsigned seed = 10;
    for (const int frames : c.calls) stream.run<LongFilter<1, 16>>(frames, ++seed, got, want);
    EXPECT_GE(snr(got, want), 120);
    for (int t = 0; t < 40; ++t) frame_by_frame.run<LongFilter<8, 1>>(1, ++seed, single, unused);
    EXPECT_GE(snr(single, unused), 120);
  }
}

// The program of single frames on many.
TEST(CudaFrameFilters, BothTilingsMakeTheSame) {
  const LongCase size{2, 5, 7, 45, {21, 21, 21, 21}};
  LongStream a(size), b(size);
  std::vector<double> one, other, want;
  for (unsigned call = 0; call < 4; ++call) {
    a.run<LongFilter<1, 16>>(21, call + 1, one, want);
    b.run<LongFilter<8, 1>>(21, call + 1, other, want);
  }
  EXPECT_GE(snr(one, other), 125);
}

TEST(CudaFrameFilters, SpectraOfUnitLevel) {
  for (const auto& [lanes, frames, bins, band] :
       {std::array{1, 1, 1, 1}, {2, 3, 161, 161}, {1, 4, 70, 33}}) {
    const auto x = noise(std::ptrdiff_t{2} * lanes * frames * bins, 5);
    const std::ptrdiff_t part = std::ptrdiff_t{lanes} * frames * bins;
    const float scale = 0.37f;
    std::vector<float> y(static_cast<std::size_t>(part * 4));
    emulate<UnitSpectrum>({{x.data(), std::ptrdiff_t{frames} * bins, bins, part},
                           {y.data() + 2, std::ptrdiff_t{frames} * bins * 4, bins * 4, 1},
                           lanes,
                           frames,
                           band,
                           bins,
                           4,
                           scale,
                           0.5f});
    std::vector<double> got, want;
    for (std::ptrdiff_t frame = 0; frame < lanes * frames; ++frame) {
      double sum = 0;
      const auto value = [&](int bin, int which) {
        return bin < band ? double{scale} * at(x, which * part + frame * bins + bin) : 0.0;
      };
      for (int bin = 0; bin < band; ++bin) sum += std::hypot(value(bin, 0), value(bin, 1));
      const double level = 1 / std::sqrt(sum / bins + 1e-6);
      for (int bin = 0; bin < bins; ++bin)
        for (int which = 0; which < 2; ++which) {
          const double power = std::pow(value(bin, 0), 2) + std::pow(value(bin, 1), 2);
          want.push_back(level * value(bin, which) * std::pow(power + 1e-12, -0.25));
          got.push_back(at(y, (frame * bins + bin) * 4 + 2 + which));
        }
    }
    EXPECT_GE(snr(got, want), 125);
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
