// SPDX-License-Identifier: MIT
// Streaming short-time Fourier transform: one hop in, one column of bins out, and back.
// Square-root periodic Hann at both ends, so analysis followed by synthesis is the identity,
// late by window - hop samples.
#pragma once

#include <span>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/dsp/fft.h"

namespace limpid::dsp {

struct StftSpec {
  int window = 0;  // samples, a multiple of hop
  int hop = 0;     // samples
  int bins() const noexcept { return window / 2 + 1; }
  bool operator==(const StftSpec&) const = default;
};

// Window and hop fixed in seconds: a 20 ms window has bins every 50 Hz at any sample rate. Where
// that is no whole number of samples (11025 Hz, say) the hop is rounded and the window follows, so
// that reconstruction stays exact and bins move by less than 0.5 %.
// window_seconds / hop_seconds must be 2, 3, ... (rounded).
StftSpec stft_at(double window_seconds, double hop_seconds, int sample_rate) LIMPID_REALTIME;

// sqrt of the periodic Hann window: sin(pi n / size).
std::vector<float> sqrt_hann(int size);

class Analysis {
 public:
  static Result<Analysis> create(const StftSpec& spec, int lanes);

  // Takes hop samples, writes bins() values: sum_n x[n] w[n] exp(-2 pi j k n / window), unscaled,
  // over the last `window` samples (silence before the first).
  void process(int lane, const float* hop, cfloat* column) LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;

 private:
  Analysis(const StftSpec& spec, int lanes, RealFft fft);
  StftSpec spec_;
  RealFft fft_;
  std::vector<float> window_;
  std::vector<float> past_;  // [lane][window - hop]
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
  std::vector<float> window_;   // with the scale of the inverse transform and of the overlap
  std::vector<float> overlap_;  // [lane][window - hop]
};

}  // namespace limpid::dsp
