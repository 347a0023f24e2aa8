// SPDX-License-Identifier: MIT
// A long convolution as FFTW's manual has it: rows padded with zeros, transformed, multiplied and
// transformed back, with plans that were measured for at most a second.
#pragma once

#include <fftw3.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace limpid::bench {

class PlainFftw {
 public:
  // k[channel][window / 2]
  PlainFftw(std::ptrdiff_t window, const std::vector<float>& k, std::ptrdiff_t channels)
      : window_(window),
        channels_(channels),
        bins_(window / 2 + 1),
        time_(fftwf_alloc_real(static_cast<std::size_t>(window))),
        spectrum_(fftwf_alloc_complex(static_cast<std::size_t>(bins_))),
        filters_(fftwf_alloc_complex(static_cast<std::size_t>(channels * bins_))) {
    fftwf_set_timelimit(1);
    const int n = static_cast<int>(window);
    forward_ = fftwf_plan_dft_r2c_1d(n, time_, spectrum_, FFTW_MEASURE);
    inverse_ = fftwf_plan_dft_c2r_1d(n, spectrum_, time_, FFTW_MEASURE);
    const float scale = 1.0f / static_cast<float>(window);
    for (std::ptrdiff_t h = 0; h < channels; ++h) {
      load(k.data() + h * (window / 2));
      fftwf_execute(forward_);
      for (std::ptrdiff_t b = 0; b < bins_; ++b)
        for (int part = 0; part < 2; ++part)
          filters_[h * bins_ + b][part] = scale * spectrum_[b][part];
    }
  }
  PlainFftw(const PlainFftw&) = delete;
  PlainFftw& operator=(const PlainFftw&) = delete;
  ~PlainFftw() {
    fftwf_destroy_plan(forward_);
    fftwf_destroy_plan(inverse_);
    fftwf_free(time_);
    fftwf_free(spectrum_);
    fftwf_free(filters_);
  }

  void process(const float* u, float* y, std::ptrdiff_t lanes) {
    const std::ptrdiff_t samples = window_ / 2;
    for (std::ptrdiff_t row = 0; row < lanes * channels_; ++row) {
      load(u + row * samples);
      fftwf_execute(forward_);
      multiply(filters_ + row % channels_ * bins_);
      fftwf_execute(inverse_);
      std::copy_n(time_, samples, y + row * samples);
    }
  }

 private:
  void load(const float* x) {
    std::copy_n(x, window_ / 2, time_);
    std::fill_n(time_ + window_ / 2, window_ / 2, 0.0f);
  }
  void multiply(const fftwf_complex* k) {
    for (std::ptrdiff_t b = 0; b < bins_; ++b) {
      const float re = spectrum_[b][0] * k[b][0] - spectrum_[b][1] * k[b][1];
      spectrum_[b][1] = spectrum_[b][0] * k[b][1] + spectrum_[b][1] * k[b][0];
      spectrum_[b][0] = re;
    }
  }

  std::ptrdiff_t window_, channels_, bins_;
  float* time_;
  fftwf_complex *spectrum_, *filters_;
  fftwf_plan forward_ = nullptr, inverse_ = nullptr;
};

}  // namespace limpid::bench
