// SPDX-License-Identifier: MIT
// ChirpFft: sizes with prime factors for which the FFT library would allocate in every call. The
// transform becomes a convolution with a chirp, and that one takes a power of two: L. Bluestein, "A
// linear filtering approach to the computation of discrete Fourier transform", IEEE Transactions on
// Audio and Electroacoustics 18(4), 1970.
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/dsp/fft_backend.h"

namespace limpid::dsp {

class ChirpFft {
 public:
  explicit ChirpFft(int size);  // even

  bool ready() const noexcept { return wide_.ready(); }  // false: out of memory
  float* time() noexcept { return time_.data(); }
  std::complex<float>* spectrum() noexcept { return spectrum_.data(); }
  void forward() LIMPID_REALTIME;  // as RealFft's
  void inverse() LIMPID_REALTIME;

 private:
  using cfloat = std::complex<float>;

  void make_filter();
  void multiply_by_chirp() LIMPID_REALTIME;
  void transform_wide(const std::vector<float>& part) LIMPID_REALTIME;
  void transform() LIMPID_REALTIME;

  std::size_t half_;  // points: pairs of samples
  std::size_t size_of_wide_;
  FftBackend wide_;                            // where the convolution does not wrap around
  std::vector<float> real_, imaginary_;        // [half], the points, transformed in place
  std::vector<cfloat> chirp_;                  // [half], exp(-pi j n^2 / half)
  std::vector<cfloat> turns_;                  // [half + 1], exp(-2 pi j k / size)
  std::vector<float> of_real_, of_imaginary_;  // [bins of wide_], the filter: see make_filter()
  std::vector<cfloat> waiting_;                // [bins of wide_], while wide_ is busy
  std::vector<float> time_;
  std::vector<cfloat> spectrum_;
};

}  // namespace limpid::dsp
