// SPDX-License-Identifier: MIT
// Real discrete Fourier transform of one even size: FFTW or KISS FFT behind the same two calls.
#pragma once

#include <complex>
#include <memory>
#include <span>

#include "lib/base/realtime.h"
#include "limpid/result.h"

namespace limpid::dsp {

using cfloat = std::complex<float>;

// Owns the plan and both buffers, so that alignment is never the caller's concern. One thread at a
// time; create() may be called from any number of threads.
class RealFft {
 public:
  // invalid_argument: size odd, below 2 or above 2^24. out_of_memory.
  static Result<RealFft> create(int size);
  RealFft(RealFft&&) noexcept;
  RealFft& operator=(RealFft&&) noexcept;
  ~RealFft();

  int size() const noexcept;
  std::span<float> time() const LIMPID_REALTIME;       // size() samples
  std::span<cfloat> spectrum() const LIMPID_REALTIME;  // size()/2 + 1 bins

  // spectrum[k] = sum_n time[n] exp(-2 pi j k n / size). Leaves time() unspecified.
  void forward() LIMPID_REALTIME;

  // time[n] = sum_k spectrum[k] exp(+2 pi j k n / size) over the full Hermitian spectrum: size()
  // times the inverse. The imaginary parts of bin 0 and size/2 are ignored. Leaves spectrum()
  // unspecified.
  void inverse() LIMPID_REALTIME;

 private:
  struct State;
  explicit RealFft(std::unique_ptr<State>) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::dsp
