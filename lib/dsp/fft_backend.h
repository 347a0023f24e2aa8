// SPDX-License-Identifier: MIT
// The FFT library that was chosen at configure time (-DLIMPID_FFT=fftw|kissfft), behind one class.
// fft_fftw.cpp and fft_kissfft.cpp implement it; exactly one of them is compiled.
#pragma once

#include <complex>

#include "lib/base/realtime.h"

namespace limpid::dsp {

class FftBackend {
 public:
  // Sizes with larger prime factors make the library allocate whenever it transforms.
  static const int kLargestFactor;

  explicit FftBackend(int size);
  FftBackend(const FftBackend&) = delete;
  FftBackend& operator=(const FftBackend&) = delete;
  ~FftBackend();

  bool ready() const noexcept;  // false: out of memory
  float* time() noexcept { return time_; }
  std::complex<float>* spectrum() noexcept { return spectrum_; }
  void forward() LIMPID_REALTIME;
  void inverse() LIMPID_REALTIME;

 private:
  float* time_ = nullptr;
  std::complex<float>* spectrum_ = nullptr;
  void* forward_ = nullptr;  // the library's plan
  void* inverse_ = nullptr;
};

}  // namespace limpid::dsp
