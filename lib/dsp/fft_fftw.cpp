// SPDX-License-Identifier: MIT
// FFTW 3, single precision.
#include <fftw3.h>

#include "lib/dsp/fft_backend.h"
#include "lib/dsp/kept_library.h"

namespace limpid::dsp {
namespace {

// FFTW's planner is the one part of it that is not thread-safe, and all users of FFTW in a process
// share it, plug-ins of one host for example: so the lock is FFTW's own. Whoever plans calls what
// holds it from now on, so that must stay when the plug-in that brought it is unloaded.
void lock_planner() {
  static const bool locked = [] {
    fftwf_make_planner_thread_safe();
    // An FFTW that is linked statically is nobody else's, and goes when its plug-in goes.
    keep_library(reinterpret_cast<const void*>(&fftwf_make_planner_thread_safe),
                 reinterpret_cast<const void*>(&lock_planner));
    return true;
  }();
  static_cast<void>(locked);
}

}  // namespace

const int FftBackend::kLargestFactor = 31;  // most primes above take Rader's method

// FFTW_ESTIMATE, because a measured plan may differ from run to run, and with it the last bit of
// every output sample.
FftBackend::FftBackend(int size) {
  lock_planner();
  const auto count = static_cast<std::size_t>(size);
  time_ = fftwf_alloc_real(count);
  spectrum_ = reinterpret_cast<std::complex<float>*>(fftwf_alloc_complex(count / 2 + 1));
  if (time_ == nullptr || spectrum_ == nullptr) return;
  auto* bins = reinterpret_cast<fftwf_complex*>(spectrum_);
  forward_ = fftwf_plan_dft_r2c_1d(size, time_, bins, FFTW_ESTIMATE);
  inverse_ = fftwf_plan_dft_c2r_1d(size, bins, time_, FFTW_ESTIMATE);
}

FftBackend::~FftBackend() {
  fftwf_destroy_plan(static_cast<fftwf_plan>(forward_));
  fftwf_destroy_plan(static_cast<fftwf_plan>(inverse_));
  fftwf_free(time_);
  fftwf_free(spectrum_);
}

bool FftBackend::ready() const noexcept {
  return forward_ != nullptr && inverse_ != nullptr;
}
LIMPID_REALTIME_TRUSTED_BEGIN  // FFTW allocates when it plans
void FftBackend::forward() LIMPID_REALTIME {
  fftwf_execute(static_cast<fftwf_plan>(forward_));
}
void FftBackend::inverse() LIMPID_REALTIME {
  fftwf_execute(static_cast<fftwf_plan>(inverse_));
}
LIMPID_REALTIME_TRUSTED_END

}  // namespace limpid::dsp
