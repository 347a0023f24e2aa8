// SPDX-License-Identifier: MIT
// Streaming short-time Fourier transform: one hop in, one column of bins out, and back.
// Analysis followed by synthesis is the identity, late by window - hop samples.
#pragma once

#include <span>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/dsp/fft.h"

namespace limpid::dsp {

struct StftSpec {
  int window = 0;  // samples that a column contributes to, a multiple of hop
  int hop = 0;     // samples
  int past = 0;    // samples before those that a column is made from as well, a multiple of hop
  int size() const noexcept { return past + window; }  // of the transform
  int bins() const noexcept { return size() / 2 + 1; }
  bool operator==(const StftSpec&) const = default;
};

// Window, hop and past fixed in seconds: a transform of 20 ms has bins every 50 Hz at any sample
// rate. Where that is no whole number of samples (11025 Hz, say) the hop is rounded and the others
// follow, so that reconstruction stays exact and bins move by less than 0.5 %.
// window_seconds / hop_seconds must be 2, 3, ..., past_seconds / hop_seconds 0, 1, ... (rounded).
StftSpec stft_at(double window_seconds, double hop_seconds, int sample_rate,
                 double past_seconds = 0) LIMPID_REALTIME;

// What samples are multiplied by before the transform, [size], and after the inverse one, [window].
// Without a past both are the square root of the periodic Hann window. A past lengthens the rise of
// the first alone, and the second makes up for it, so that columns resolve finer frequencies at the
// same delay (Mauler and Martin, "A low delay, variable resolution, perfect reconstruction spectral
// analysis-synthesis system for speech enhancement", 2007).
struct StftWindows {
  std::vector<float> analysis, synthesis;
};
StftWindows stft_windows(const StftSpec& spec);

// The second one that is the least-squares inverse of `analysis`.
StftWindows least_squares_windows(std::vector<float> analysis, int hop);

class Analysis {
 public:
  static Result<Analysis> create(const StftSpec& spec, int lanes);

  // Takes hop samples, writes bins() values: sum_n x[n] w[n] exp(-2 pi j k n / size), unscaled,
  // over the last `size` samples (silence before the first).
  void process(int lane, const float* hop, cfloat* column) LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;

 private:
  Analysis(const StftSpec& spec, int lanes, RealFft fft);
  StftSpec spec_;
  RealFft fft_;
  std::vector<float> window_;
  std::vector<float> past_;  // [lane][size - hop]
};

class Synthesis {
 public:
  static Result<Synthesis> create(const StftSpec& spec, int lanes);

  // Takes bins() values, writes the next hop samples of the overlap-add.
  void process(int lane, const cfloat* column, float* hop) LIMPID_REALTIME;

  // What the next hops would be if no column followed: window - hop samples, still to be added to.
  std::span<const float> tail(int lane) const noexcept;
  void restart(int lane) LIMPID_REALTIME;

 private:
  Synthesis(const StftSpec& spec, int lanes, RealFft fft);
  StftSpec spec_;
  RealFft fft_;
  std::vector<float> window_;   // with the scale of the inverse transform
  std::vector<float> overlap_;  // [lane][window - hop]
};

}  // namespace limpid::dsp
