// SPDX-License-Identifier: MIT
// The steady filter, thread by thread, against the reference of the CPU's kernel: any number of
// lanes, microphones, frames and bins, calls of any length, memory with something in between.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

#include "lib/kernels/cuda/steady_layers.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

constexpr SteadyRule kRule{.keep = 0.9f, .loading = 1e-3f, .share = 0.5f, .limit = 2.0f};

struct Sizes {
  int lanes, microphones, taps, bins, gap;  // floats between one frame and the next
};

// Spectra of a stream, and its estimates, as an engine's memory has them: [re, im][microphone]
// [lane][frame], the first taps - 1 frames being those before the stream.
struct Stream {
  Sizes of;
  int frames;
  std::int64_t frame = of.bins + of.gap, lane = frame * (of.taps - 1 + frames),
               one = lane * of.lanes;
  std::vector<float> spectra = normal_noise(2 * of.microphones * one, 1),
                     estimates = normal_noise(2 * one, 2);

  SteadyFilterArgs args(int first, int count, std::vector<float>& sums) {
    const std::int64_t begin = (of.taps - 1 + first) * frame;
    return {{{spectra.data() + begin, lane, frame, of.microphones * one}, one, of.microphones},
            {estimates.data() + begin, lane, frame, one},
            sums.data(),
            kRule,
            of.lanes,
            count,
            of.bins,
            of.taps};
  }
  std::size_t at(int l, int f) const { return size(l * lane + (of.taps - 1 + f) * frame); }
};

std::vector<float> sums_of(const Sizes& of) {
  return std::vector<float>(steady_floats(of.taps * of.microphones, of.bins) * size(of.lanes));
}

std::vector<std::complex<float>> column(const std::vector<float>& values, std::size_t re,
                                        std::int64_t imaginary, int bins) {
  std::vector<std::complex<float>> made;
  for (std::size_t bin = re; bin < re + size(bins); ++bin)
    made.emplace_back(values[bin], values[bin + size(imaginary)]);
  return made;
}

// What the whole stream's estimates become.
std::vector<float> expected(Stream stream) {
  const auto& [lanes, microphones, taps, bins, gap] = stream.of;
  const int inputs = taps * microphones;
  for (int lane = 0; lane < lanes; ++lane) {
    std::vector<std::complex<double>> sums(size(std::int64_t{bins} * inputs * (inputs + 1)));
    for (int frame = 0; frame < stream.frames; ++frame) {
      std::vector<std::vector<std::complex<float>>> columns;
      for (int k = 0; k < taps; ++k)
        for (int m = 0; m < microphones; ++m)
          columns.push_back(column(stream.spectra,
                                   stream.at(lane, frame - k) + size(m * stream.one),
                                   microphones * stream.one, bins));
      std::vector<const std::complex<float>*> pointers;
      for (const auto& one : columns) pointers.push_back(one.data());
      const std::size_t at = stream.at(lane, frame);
      auto estimate = column(stream.estimates, at, stream.one, bins);
      reference::steady_filter(pointers, bins, kRule, sums.data(), estimate.data());
      for (std::size_t bin = 0; bin < estimate.size(); ++bin) {
        stream.estimates[at + bin] = estimate[bin].real();
        stream.estimates[at + bin + size(stream.one)] = estimate[bin].imag();
      }
    }
  }
  return stream.estimates;
}

TEST(CudaSteadyFilter, MatchesTheReferenceInAnyCalls) {
  constexpr int kFrames = 11;
  for (const Sizes& of :
       {Sizes{1, 1, 1, 1, 0}, Sizes{1, 4, 3, 161, 0}, Sizes{3, 2, 2, 33, 5}, Sizes{5, 3, 1, 7, 1},
        Sizes{2, 1, 5, 40, 3}, Sizes{2, 16, 1, 9, 0}, Sizes{1, 2, 8, 31, 2}}) {
    SCOPED_TRACE(of.taps * of.microphones);
    const Stream stream{of, kFrames};
    const auto want = expected(stream);
    for (const auto& calls : {std::vector<int>{kFrames}, {1, 7, 3}}) {
      Stream mine = stream;
      auto sums = sums_of(of);
      for (int first = 0; const int count : calls) {
        emulate<SteadyFilter>(mine.args(first, count, sums));
        first += count;
      }
      // What lies between frames and before them has to stay as it was, too.
      for (std::size_t i = 0; i < want.size(); ++i)
        ASSERT_NEAR(mine.estimates[i], want[i], 2e-4) << i;
    }
  }
}

// Microphones that hear all the same, silence after sound, and levels far apart: nothing but finite
// numbers, and never more than the limit allows.
TEST(CudaSteadyFilter, StaysFiniteWhereInputsAreTheSame) {
  constexpr Sizes kOf{1, 12, 1, 21, 0};
  auto sums = sums_of(kOf);
  for (const float level : {1e5f, 0.0f, 1e-6f}) {
    Stream stream{kOf, 300};
    const auto one = normal_noise(2 * stream.one, 3, 0, level);
    for (int part = 0; part < 2; ++part)
      for (int m = 0; m < kOf.microphones; ++m)
        std::copy_n(one.begin() + part * stream.one, stream.one,
                    stream.spectra.begin() + (part * kOf.microphones + m) * stream.one);
    stream.estimates = one;
    emulate<SteadyFilter>(stream.args(0, stream.frames, sums));
    for (std::size_t re = 0, im = size(stream.one); re < size(stream.one); ++re, ++im) {
      const float size_of = std::hypot(stream.estimates[re], stream.estimates[im]);
      ASSERT_TRUE(std::isfinite(size_of)) << level;
      ASSERT_LE(size_of, 1.51f * std::hypot(one[re], one[im])) << level;
    }
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
